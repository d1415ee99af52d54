"""Which look a machine has, by the family of its process or the words in its name, and how parts look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from viz.look import Look
from viz.machines import (
    bench,
    booth,
    camera,
    chamber,
    die_caster,
    filler,
    mill,
    plain,
    press,
    robot,
    tester,
    tunnel,
)
from viz.mesh import Mesh, box, cylinder, merged

__all__ = ["LOOKS", "PartLook", "look", "look_for", "part_looks"]

LOOKS: dict[str, Callable[[], Look]] = {
    "die caster": die_caster,
    "press": press,
    "mill": mill,
    "robot": robot,
    "booth": booth,
    "tester": tester,
    "camera": camera,
    "bench": bench,
    "filler": filler,
    "machine": plain,
    "oven": lambda: chamber(hot=True),
    "washer": lambda: chamber(hot=False),
}
"""Looks of machines by name."""

_PLACE = 0.45
"""Length of one place in a tunnel [m]."""


def look(name: str, places: int = 0) -> Look:
    """What a machine looks like.

    Args:
        name: one of `LOOKS`.
        places: on a conveyor, which is a tunnel whatever its name; 0 for a machine.
    """
    if places:
        return tunnel(max(2.4, _PLACE * places), hot=name == "oven")
    return LOOKS[name]()


@dataclass(frozen=True)
class PartLook:
    """How a part looks from some station on: its solid and material; "" takes the colour of its product."""

    mesh: Mesh
    material: str


_FAMILY = {
    "die_casting": "die caster",
    "die_casting_section": "die caster",
    "moulding": "die caster",
    "machining": "mill",
    "washing": "washer",
    "oven": "oven",
    "coating": "booth",
    "cobot": "robot",
    "inspection": "camera",
    "leak_test": "tester",
    "manual": "bench",
}
_WORDS = {
    "press": ("press", "trim", "stamp", "punch", "forge", "crimp", "bend"),
    "die caster": ("cast", "mould", "mold", "inject", "extru"),
    "robot": ("weld", "robot", "assembl", "screw", "pick", "glue", "palletis", "palletiz"),
    "mill": ("mill", "turn", "lathe", "drill", "grind", "machin", "cnc", "saw", "cut", "hone"),
    "washer": ("wash", "clean", "rins", "pasteur"),
    "oven": ("oven", "cure", "dry", "furnace", "bake", "harden", "anneal"),
    "booth": ("paint", "coat", "spray", "blast", "lacquer"),
    "tester": ("leak", "test"),
    "camera": ("inspect", "camera", "check", "measure", "vision", "gauge"),
    "bench": ("pack", "load", "manual", "hand", "bench", "deburr", "kit", "sort", "fettl"),
    "filler": ("fill", "cap", "label", "cork", "close", "blow"),
}


def look_for(model: str, name: str) -> str:
    """The name of a look: by the family of a process, else by the words in a station's name.

    Example:
        >>> look_for("machining", "op 20"), look_for("timed", "Labeller"), look_for("timed", "S1")
        ('mill', 'filler', 'machine')
    """
    if model in _FAMILY:
        return _FAMILY[model]
    low = name.lower()
    return next((look for look, words in _WORDS.items() if any(word in low for word in words)), "machine")


@cache
def part_looks() -> tuple[PartLook, PartLook, PartLook]:
    """A part as a blank, as it is finished, and packed; 0.3 m wide, standing on z = 0."""
    tray = box((0.30, 0.30, 0.04), bevel=0)
    blank = merged([tray, box((0.22, 0.22, 0.12), (0, 0, 0.04))])
    done = merged([blank, cylinder(0.08, 0.1, (0, 0, 0.16), sides=10)])
    return PartLook(blank, "raw"), PartLook(done, ""), PartLook(box((0.30, 0.28, 0.26)), "carton")
