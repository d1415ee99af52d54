"""Distributions of times as they stand in a line file: one table per family."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, GetJsonSchemaHandler, PrivateAttr, ValidationInfo, model_validator
from pydantic import Field as Key

from twin.columns import read_column
from twin.distribution import FAMILIES, Distribution
from twin.errors import RuleError, nearest
from twin.fields import Number, Quantity, Text
from twin.tables import ListOf, Table

__all__ = ["TimeTable", "check_tag"]

Time = Annotated[float, Quantity()]
PositiveTime = Annotated[float, Quantity(positive=True)]
Spread = Annotated[
    float,
    Number(
        "a coefficient of variation is more than 0 and at most 10", 'Use "constant" for none', most=10, positive=True
    ),
]
Shape = Annotated[float, Number("a shape is between 0.1 and 100", "Use for example 1.5", least=0.1, most=100)]
Weight = Annotated[float, Number("a weight is more than 0 and at most 1", "Use for example 0.5", most=1, positive=True)]

_A_MEAN = Key(description="mean", examples=['"42 s"'])
_PARTS = '[{ weight = 0.5, distribution = "constant", mean = "42 s" }, …]'
_A_CV = Key(description="coefficient of variation of the time itself", examples=["0.2"])


class Family(Table):
    """A distribution of times; `build` makes the description that the simulation draws from."""

    title: ClassVar[str] = "this distribution"
    distribution: Any

    def build(self) -> Distribution:
        """The distribution in SI units."""
        return Distribution(self.distribution, {name: getattr(self, name) for name in FAMILIES[self.distribution]})


class Constant(Family):
    """Always the same time."""

    distribution: Literal["constant"]
    mean: PositiveTime = _A_MEAN


class Uniform(Family):
    """Any time between two bounds, all equally likely."""

    distribution: Literal["uniform"]
    low: Time = Key(description="least time", examples=['"40 s"'])
    high: PositiveTime = Key(description="longest time", examples=['"44 s"'])

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise RuleError("high is more than low", "Swap them, or use a constant", path=("high",))
        return self


class Triangular(Family):
    """Between two bounds, most often near the mode."""

    distribution: Literal["triangular"]
    low: Time = Key(description="least time", examples=['"40 s"'])
    mode: Time = Key(description="most frequent time", examples=['"42 s"'])
    high: PositiveTime = Key(description="longest time", examples=['"46 s"'])

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            rule = "low, mode and high come in this order"
            raise RuleError(rule, "Use a mode between low and high, and high more than low", path=("mode",))
        return self


class Normal(Family):
    """A normal distribution truncated at 0."""

    distribution: Literal["normal"]
    mean: PositiveTime = _A_MEAN
    sd: PositiveTime = Key(description="standard deviation before truncation", examples=['"2 s"'])

    @model_validator(mode="after")
    def _mostly_positive(self) -> Self:
        if self.sd > 3 * self.mean:
            remedy = 'Use a smaller sd, or "lognormal"'
            raise RuleError("the standard deviation is at most three times the mean", remedy, path=("sd",))
        return self


class Exponential(Family):
    """Without memory; its standard deviation is its mean."""

    distribution: Literal["exponential"]
    mean: PositiveTime = _A_MEAN


class Gamma(Family):
    """Gamma by mean and coefficient of variation."""

    distribution: Literal["gamma"]
    mean: PositiveTime = _A_MEAN
    cv: Spread = _A_CV


class Lognormal(Family):
    """Lognormal by mean and coefficient of variation."""

    distribution: Literal["lognormal"]
    mean: PositiveTime = _A_MEAN
    cv: Spread = _A_CV


class Weibull(Family):
    """Weibull by shape and scale, as reliability data are given."""

    distribution: Literal["weibull"]
    shape: Shape = Key(description="shape; more than 1 means wear", examples=["1.4"])
    scale: PositiveTime = Key(description="time by which 63 % have ended", examples=['"9 h"'])


class Empirical(Family):
    """A measured sample, each value equally likely."""

    distribution: Literal["empirical"]
    values: Annotated[list[Time], ListOf("values are a list of times", '["3 s", "4 s"]', single=False)] | None = None
    file: Annotated[str, Text("a file")] | None = None
    column: Annotated[str, Text("a column")] | None = None
    _sample: tuple[float, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        if (self.values is None) == (self.file is None) or (self.file is None) != (self.column is None):
            given = [key for key in ("values", "file", "column") if getattr(self, key) is not None]
            rule = "an empirical distribution has either values, or a file and a column"
            remedy = 'Use values = ["3 s", "4 s"], or file = "times.csv" and column = "S1"'
            raise RuleError(rule, remedy, subject=f"{', '.join(given) or 'nothing'} is given")
        if self.file is not None and self.column is not None:
            self._sample = read_column(base_of(info), self.file, self.column)
        else:
            self._sample = tuple(self.values or ())
        if sum(self._sample) <= 0:
            path = ("values",) if self.file is None else ("column",)
            raise RuleError("a sample has at least one time that is more than zero", "Add measured times", path=path)
        return self

    def build(self) -> Distribution:
        """The sample in seconds."""
        return Distribution("empirical", values=self._sample)


def base_of(info: ValidationInfo) -> Path:
    """The folder to which file names in the line file are relative."""
    return Path((info.context or {}).get("base", "."))


def check_tag(value: Any, key: str, words: tuple[str, ...], noun: str, example: str) -> Any:
    """A table whose `key` says which kind it is; raises RuleError when the value is no table or of no known kind."""
    if not isinstance(value, dict):
        raise RuleError(f"{noun} is a table", f"Use {example}")
    if key not in value:
        raise RuleError(f"{noun} says which one it is", f'Add {key} = "{words[0]}"', subject=f"{key} is missing")
    word = value[key]
    if not isinstance(word, str) or word not in words:
        near = (nearest(word, words) if isinstance(word, str) else None) or words[0]
        raise RuleError(f"{key} is one of {', '.join(words)}", f'Use "{near}"', path=(key,))
    return value


def _check_family(value: Any) -> Any:
    mean = value if isinstance(value, str) and re.fullmatch(r"[\d.]{1,9} ?[a-z]{1,9}", value, re.ASCII) else "42 s"
    example = f'{{ distribution = "constant", mean = "{mean}" }}'
    return check_tag(value, "distribution", tuple(FAMILIES), "a random time", example)


def _check_part(value: Any) -> Any:
    words = tuple(family for family in FAMILIES if family != "mixture")
    return check_tag(
        value, "distribution", words, "a part of a mixture", '{ distribution = "constant", mean = "42 s" }'
    )


Simple = Annotated[
    Annotated[
        Constant | Uniform | Triangular | Normal | Exponential | Gamma | Lognormal | Weibull | Empirical,
        Discriminator("distribution"),
    ],
    BeforeValidator(_check_part),
]


class MixturePart(Table):
    """A distribution with its weight."""

    title: ClassVar[str] = "a part of a mixture"
    weight: Weight = Key(examples=["0.5"])
    part: Simple = Key(alias=">part")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Weight and distribution stand in one table, which the fields of this class do not show."""
        return {"type": "object", "required": ["weight", "distribution"]}

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        rest = {key: value for key, value in data.items() if key != "weight"}
        return {**{key: value for key, value in data.items() if key == "weight"}, ">part": rest}


class Mixture(Family):
    """One of several distributions, chosen by weight at each draw."""

    distribution: Literal["mixture"]
    parts: Annotated[list[MixturePart], ListOf("parts is a list of tables", _PARTS, single=False)] = Key(
        examples=[_PARTS]
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(part.weight for part in self.parts)
        if abs(total - 1) > 1e-6:
            subject = f"the weights of the parts sum to {total:.6g}"
            raise RuleError("they must sum to 1", "Change the weights", subject=subject)
        return self

    def build(self) -> Distribution:
        """The parts with their weights."""
        return Distribution("mixture", parts=tuple((part.weight, part.part.build()) for part in self.parts))


TimeTable = Annotated[
    Annotated[
        Constant | Uniform | Triangular | Normal | Exponential | Gamma | Lognormal | Weibull | Empirical | Mixture,
        Discriminator("distribution"),
    ],
    BeforeValidator(_check_family),
]
"""Any distribution of times."""
