"""A process that comes from a file, as it stands in a line file: the file, numbers of its family, and what to trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field as Key
from pydantic import GetJsonSchemaHandler, ValidationInfo, WithJsonSchema, model_validator

from twin.errors import RuleError, shown
from twin.fallback import POLICIES
from twin.fields import Choice, Text
from twin.readers import HOMES, ProcessFile, Reader, class_of, reader_of
from twin.schema_family import AGES, check_ages, read_variants
from twin.schema_time import base_of
from twin.tables import Table

__all__ = ["ReadTable", "readers_of"]

_OWN = ("model", "file", "outside", "ages", "product")


def readers_of(info: ValidationInfo) -> Mapping[str, Reader]:
    """The readers that are given for this line file."""
    return (info.context or {}).get("readers", {})


class ReadTable(Table):
    """A process in a file: a family with numbers that differ from those in the file, as `FamilyTable` has them."""

    title: ClassVar[str] = "a process from a file"
    model: Annotated[str, Text("the model of a process")]
    file: Annotated[str, Text("a file")] = Key(description="beside the line", examples=['"casting.surrogate"'])
    outside: Annotated[str, Choice(POLICIES)] = Key(
        POLICIES[0], description="what to do about visits outside of where it may be trusted"
    )
    ages: Annotated[str, Choice(AGES)] = "stationary"
    behaviour: Annotated[Any, WithJsonSchema({})] = Key(None, exclude=True)
    behaviours: Annotated[Any, WithJsonSchema({})] = Key(None, exclude=True)
    digest: Annotated[Any, WithJsonSchema({})] = Key("", exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any, info: ValidationInfo) -> Any:
        if "file" not in data:
            subject = "file is missing"
            raise RuleError(f"{cls.title} names it", 'Add file = "casting.surrogate"', subject=subject)
        file = _file(data["file"], info)
        try:
            family = class_of(reader_of(data["model"], readers_of(info)), file)
        except RuleError as fault:
            raise RuleError(fault.rule, fault.remedy, subject=fault.subject, path=fault.path or ("file",)) from fault
        numbers = {key: value for key, value in data.items() if key not in _OWN}
        check_ages(family, data)
        behaviour, behaviours = read_variants(family, numbers, data.get("product", {}), also=_OWN[1:])
        if family.guarded and data.get("outside", POLICIES[0]) == POLICIES[0] and behaviour.fallback() is None:
            rule = "what is in that file has no first principles to fall back on"
            remedy = "Use outside = 'refuse' or 'flag'"
            raise RuleError(rule, remedy, subject=f"outside is {shown(POLICIES[0])}")
        own = {key: data[key] for key in ("model", "file", "outside", "ages") if key in data}
        return own | {"behaviour": behaviour, "behaviours": behaviours, "digest": file.digest}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Its numbers are those of the family in the file, which nobody knows before."""
        return {
            "type": "object",
            "title": "from a file",
            "properties": {
                "model": {"enum": list(HOMES)},
                "file": {"type": "string", "description": "beside the line"},
                "outside": {"enum": list(POLICIES), "default": POLICIES[0]},
                "ages": {"enum": list(AGES)},
                "product": {"additionalProperties": {"type": "object"}},
            },
            "required": ["model", "file"],
            "additionalProperties": {"type": ["number", "string"]},
        }


def _file(name: Any, info: ValidationInfo) -> ProcessFile:
    try:
        return ProcessFile.read(base_of(info) / Text("a file").read(name))
    except RuleError as fault:
        raise RuleError(fault.rule, fault.remedy, subject=fault.subject, path=("file",)) from fault
