"""The process of a station as it stands in a line file: timed, recorded, or of a family with numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    GetJsonSchemaHandler,
    PrivateAttr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic import Field as Key

from twin.columns import read_column
from twin.fields import Choice, Text
from twin.physics import FAMILIES
from twin.process import numbers_of
from twin.readers import HOMES
from twin.schema_family import AGES, check_ages, read_variants
from twin.schema_read import ReadTable, readers_of
from twin.schema_time import TimeTable, base_of, check_tag
from twin.tables import Table

__all__ = ["TIMED", "FamilyTable", "ProcessTable", "ReadTable", "Recorded", "Timed"]


class Timed(Table):
    """A process that takes a random time."""

    title: ClassVar[str] = "a timed process"
    model: Literal["timed"]
    time: TimeTable = Key(description="time of one visit", examples=['{ distribution = "constant", mean = "42 s" }'])
    product: dict[str, TimeTable] = Key(default_factory=dict, description="times that differ by product")
    rate_setpoint: Annotated[str, Text("the name of a setpoint")] | None = Key(
        None, description="setpoint to which the working speed is proportional"
    )


class Recorded(Table):
    """A process that repeats recorded times, one row per start."""

    title: ClassVar[str] = "a recorded process"
    model: Literal["recorded"]
    file: Annotated[str, Text("a file")] = Key(
        description="file with a header, beside the line", examples=['"times.csv"']
    )
    column: Annotated[str, Text("a column")] = Key(description="column with seconds", examples=['"S1"'])
    _rows: tuple[float, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        self._rows = read_column(base_of(info), self.file, self.column)
        return self

    @property
    def rows(self) -> tuple[float, ...]:
        """The recorded times [s]."""
        return self._rows


TIMED = '{ model = "timed", time = { distribution = "constant", mean = "42 s" } }'


class FamilyTable(Table):
    """A process of a family: numbers that differ from its own, and tables of those that differ by product."""

    title: ClassVar[str] = "a process"
    model: Literal[tuple(FAMILIES)]  # type: ignore[valid-type]
    ages: Annotated[str, Choice(AGES)] = "stationary"
    behaviour: Annotated[Any, WithJsonSchema({})] = Key(None, exclude=True)
    behaviours: Annotated[Any, WithJsonSchema({})] = Key(None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        family = FAMILIES[data["model"]]
        own = {key: value for key, value in data.items() if key not in ("model", "product", "ages")}
        check_ages(family, data)
        behaviour, behaviours = read_variants(family, own, data.get("product", {}))
        aged = {"ages": data["ages"]} if "ages" in data else {}
        return {"model": data["model"], "behaviour": behaviour, "behaviours": behaviours} | aged

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """One kind of table for each family."""
        return {"anyOf": [_described(name, family) for name, family in FAMILIES.items()]}


def _described(name: str, family: type[Any]) -> dict[str, Any]:
    """The JSON Schema of the table of one family."""
    numbers = {
        key: {"type": "number" if about["unit"] == "1" else "string", "description": about["meaning"]}
        for key, about in numbers_of(family).items()
    }
    ages = {"ages": {"enum": list(AGES)}} if family.ages else {}
    by_product = {"type": "object", "properties": numbers, "additionalProperties": False}
    return {
        "type": "object",
        "title": name,
        "properties": {"model": {"const": name}, **ages, **numbers, "product": {"additionalProperties": by_product}},
        "required": ["model"],
        "additionalProperties": False,
    }


def _kind(value: Any) -> str:
    model = value["model"] if isinstance(value, Mapping) else value.model
    return "family" if model in FAMILIES else model if model in ("timed", "recorded") else "read"


def _check_model(value: Any, info: ValidationInfo) -> Any:
    words = ("timed", "recorded", *FAMILIES, *dict.fromkeys((*HOMES, *readers_of(info))))
    return check_tag(value, "model", words, "a process", TIMED)


ProcessTable = Annotated[
    Annotated[
        Annotated[Timed, Tag("timed")]
        | Annotated[Recorded, Tag("recorded")]
        | Annotated[FamilyTable, Tag("family")]
        | Annotated[ReadTable, Tag("read")],
        Discriminator(_kind),
    ],
    BeforeValidator(_check_model),
]
