"""How a station is shown: its look, its place on the floor, a solid of its own."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field as Key
from pydantic import ValidationInfo, WithJsonSchema, field_validator

from twin.errors import RuleError, shown
from twin.fields import Choice, Text
from twin.schema_time import base_of
from twin.tables import Table
from twin.units import Kind, quantity

__all__ = ["LOOKS", "SOLIDS", "ViewTable"]

LOOKS = (
    "machine",
    "die caster",
    "press",
    "mill",
    "robot",
    "booth",
    "tester",
    "camera",
    "bench",
    "filler",
    "washer",
    "oven",
)
"""What a machine may look like."""

SOLIDS = (".stl", ".glb")
"""Endings of files with a solid."""

_LENGTH, _ANGLE = Kind("a length", "m", "m"), Kind("an angle", "rad", "deg")
_FARTHEST = 1e4
_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}


class ViewTable(Table):
    """Its look and place."""

    title: ClassVar[str] = "view"
    look: Annotated[str, Choice(LOOKS)] = Key("", description="what its machines look like", examples=['"press"'])
    at: Annotated[tuple[float, float] | None, WithJsonSchema(_TEXTS)] = Key(
        None, description="where on the floor its middle is", examples=['["3 m", "4 m"]']
    )
    turn: Annotated[float | None, WithJsonSchema({"type": "string"})] = Key(
        None, description="direction of the parts through it", examples=['"90 deg"']
    )
    model: str = Key("", description="file of a solid, STL or GLB, in metres", examples=['"press.stl"'])

    @field_validator("at", mode="before")
    @classmethod
    def _place(cls, value: Any) -> tuple[float, float]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise RuleError("a place on the floor is two lengths", 'Use for example at = ["3 m", "4 m"]')
        x, y = (quantity(one, _LENGTH) for one in value)
        if max(abs(x), abs(y)) > _FARTHEST:
            raise RuleError("a place on the floor is within 10 km", "Check the unit, or use a smaller value")
        return x, y

    @field_validator("turn", mode="before")
    @classmethod
    def _direction(cls, value: Any) -> float:
        return quantity(value, _ANGLE)

    @field_validator("model", mode="before")
    @classmethod
    def _solid(cls, value: Any, info: ValidationInfo) -> str:
        path = base_of(info) / Text("a file").read(value)
        if path.suffix.lower() not in SOLIDS:
            raise RuleError(f"a solid is read from {' or '.join(SOLIDS)}", "Export it as one of these")
        if not path.is_file():
            raise RuleError(f"there is no file {shown(str(path))}", "Give its name relative to the line file")
        return str(path)
