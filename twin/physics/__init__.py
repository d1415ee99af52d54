"""First-principles processes, one file each."""

from __future__ import annotations

from typing import Any

from twin.physics.casting import Casting
from twin.physics.cobot import Cobot
from twin.physics.machining import Machining
from twin.physics.manual import Manual
from twin.physics.moulding import Moulding

__all__ = ["FAMILIES", "Casting", "Cobot", "Machining", "Manual", "Moulding"]

FAMILIES: dict[str, type[Any]] = {family.model: family for family in (Casting, Machining, Moulding, Cobot, Manual)}
"""Name in a line file -> family."""
