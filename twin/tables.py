"""Tables of a line file: known keys, required keys, and lists of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from twin.errors import RuleError, nearest, shown

__all__ = ["ListOf", "Table"]

_SHARED = re.compile(
    r"(shared_?)?(operators?|((repair|maintenance|service)[-_ ]?)?(crews?|teams?|staff|men|people)|workers?|skills?|"
    r"repairers?|repairm[ae]n|technicians?|fitters?|maintainers?|vehicles?|agvs?|fleet|forklifts?|cranes?|resources?)",
    re.IGNORECASE,
)
_OTHER_ROUTES = re.compile(
    r"(routes?|routing|next|returns?|return_to|go_?to|successors?|predecessors?|assembly|assemble|merge|split|"
    r"components)",
    re.IGNORECASE,
)

_ELSEWHERE = {
    "mtbf": ("up", 'up = { distribution = "exponential", mean = "8 h" }'),
    "mttf": ("up", 'up = { distribution = "exponential", mean = "8 h" }'),
    "mttr": ("down", 'down = { distribution = "exponential", mean = "10 min" }'),
    "cycle_time": ("process", 'process = { model = "timed", time = { distribution = "constant", mean = "42 s" } }'),
}
"""Words that people use elsewhere -> the key here, and how to write it."""


@dataclass(frozen=True)
class ListOf:
    """A list of tables of which a single one may stand without brackets, or a list of other values (`single` False)."""

    noun: str
    example: str
    single: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """How pydantic reads the list."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """How pydantic describes the list."""
        described = handler(schema)
        return {"anyOf": [described, described["items"]]} if self.single else described

    def read(self, value: Any) -> Any:
        """The list."""
        if isinstance(value, dict) and self.single:
            return [value]
        if not isinstance(value, list):
            raise RuleError(f"{self.noun}", f"Use for example {self.example}")
        return value


class Table(BaseModel):
    """A table of the line file; `title` names it in messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    title: ClassVar[str] = "this table"

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """Says which key is unknown or missing, and what the remedy is; pydantic names neither."""
        if not isinstance(data, Mapping):
            raise RuleError(f"{cls.title} is a table", "Write it with keys and values, e.g. [table] or { key = value }")
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        known = [key for key in fields if ">" not in key]
        for key in data:
            if key not in fields:
                raise _unknown(key, known, cls.title)
        for key, field in fields.items():
            if field.is_required() and data.get(key) is None:
                example = field.examples[0] if field.examples else "…"
                added = example if example.startswith((f"[{key}", f"[[{key}")) else f"{key} = {example}"
                raise RuleError(f"{cls.title} needs it", f"Add {added}", subject=f"{key} is missing")
        return data


def _unknown(key: str, known: list[str], title: str) -> RuleError:
    """What to say of a key that is not in the format."""
    subject = f"unknown key {shown(key)}"
    if _SHARED.fullmatch(key):
        rule = (
            "shared operators, vehicles and repair crews serve whoever asks first, which needs an event engine that "
            "Linetwin does not have: every machine is served at once"
        )
        remedy = "Remove the key; put the waiting into the times: for a repair into down of the failure"
        return RuleError(rule, remedy, subject=subject)
    if _OTHER_ROUTES.fullmatch(key):
        rule = "assembly and routes that branch or return to an earlier station cannot be modelled"
        remedy = "Remove the key; parts pass the stations in the order of the file"
        return RuleError(rule, remedy, subject=subject)
    if "." in key and key.partition(".")[0] in known:
        return RuleError("dotted keys stand without quotes", f"Write {key} = … without quotes", subject=subject)
    if key in _ELSEWHERE and _ELSEWHERE[key][0] in known:
        ours, example = _ELSEWHERE[key]
        return RuleError(f"here it is called '{ours}'", f"Write {example}", subject=subject)
    near = nearest(key, known)
    if near:
        return RuleError(
            f"the keys of {title} are {', '.join(known)}", f"Use '{near}', or remove the key", subject=subject
        )
    return RuleError(
        f"the keys of {title} are {', '.join(known)}", "Use one of these, or remove the key", subject=subject
    )
