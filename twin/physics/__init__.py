"""First-principles processes, one file each."""

from __future__ import annotations

from typing import Any

from twin.physics.casting import Casting
from twin.physics.casting_section import CastingSection
from twin.physics.coating import Coating
from twin.physics.cobot import Cobot
from twin.physics.inspection import Inspection, LeakTest
from twin.physics.machining import Machining
from twin.physics.manual import Manual
from twin.physics.moulding import Moulding
from twin.physics.oven import Oven
from twin.physics.washing import Washing

__all__ = [
    "FAMILIES",
    "Casting",
    "CastingSection",
    "Coating",
    "Cobot",
    "Inspection",
    "LeakTest",
    "Machining",
    "Manual",
    "Moulding",
    "Oven",
    "Washing",
]

FAMILIES: dict[str, type[Any]] = {
    family.model: family
    for family in (
        Casting,
        CastingSection,
        Machining,
        Moulding,
        Washing,
        LeakTest,
        Coating,
        Oven,
        Cobot,
        Inspection,
        Manual,
    )
}
"""Name in a line file -> family."""
