"""First-principles processes, one file each."""

from __future__ import annotations

from typing import Any

from twin.physics.manual import Manual

__all__ = ["FAMILIES", "Manual"]

FAMILIES: dict[str, type[Any]] = {family.model: family for family in (Manual,)}
"""Name in a line file -> family."""
