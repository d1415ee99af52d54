"""What a machine looks like: solids in a frame of its own.

The line runs along +x at y = 0, its belt at the height `BELT`; a machine stands behind it, at y > 0, and a part that is
worked on lies at `SPOT` in front of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from viz.mesh import Mesh, box, cylinder

__all__ = ["BELT", "SPOT", "Look", "Mover", "Piece", "assembled", "feet", "panel", "shelf"]

BELT = 0.8
SPOT = (0.0, 0.66, 0.90)
"""Where the part lies [m]: on a shelf between belt and machine."""

Piece = tuple[Mesh, str]
"""A solid and its material; what is of "shell" takes the colour of a figure."""


@dataclass(frozen=True)
class Mover:
    """Something that moves while the machine works.

    Attributes:
        mesh: around its own origin.
        material: of it.
        at: where its origin rests [m].
        kind: "ram" goes down and up along z, "slide" to the left and back along x, "swing" turns about z.
    """

    mesh: Mesh
    material: str
    at: tuple[float, float, float]
    kind: str


@dataclass(frozen=True)
class Look:
    """A machine.

    Attributes:
        pieces: what does not move.
        lamp: foot of its signal tower [m].
        width: along the line, and `depth` away from it [m]: what it takes of the floor.
        height: of its top [m].
        movers: what moves.
    """

    pieces: tuple[Piece, ...]
    lamp: tuple[float, float, float]
    width: float
    depth: float
    height: float
    movers: tuple[Mover, ...] = field(default=())


def feet(width: float, depth: float, y: float) -> Iterable[Piece]:
    """Below the corners of a machine of some width and depth around y [m]."""
    for dx in (-1, 1):
        for dy in (-1, 1):
            at = (dx * (width / 2 - 0.15), y + dy * (depth / 2 - 0.15), 0)
            yield cylinder(0.07, 0.1, at, sides=8), "dark"


def panel(x: float, y: float) -> Iterable[Piece]:
    """A screen on a post."""
    yield cylinder(0.03, 1.05, (x, y, 0), sides=8), "dark"
    yield box((0.42, 0.06, 0.32)).moved((x, y - 0.02, 1.05), x=0.35), "dark"
    yield box((0.36, 0.02, 0.26), bevel=0).moved((x, y - 0.056, 1.085), x=0.35), "screen"


def shelf() -> Piece:
    """On which parts lie that are worked on."""
    return box((0.5, 0.42, 0.10), (SPOT[0], SPOT[1], SPOT[2] - 0.10)), "steel"


def assembled(
    pieces: Iterable[Piece | Iterable[Piece]],
    lamp: tuple[float, float, float],
    size: tuple[float, float, float],
    movers: Iterable[Mover] = (),
) -> Look:
    """A look; where some pieces come in groups, and `size` is width, depth and height."""
    flat: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, tuple) and isinstance(piece[0], Mesh):
            flat.append(piece)  # type: ignore[arg-type]
        else:
            flat.extend(piece)  # type: ignore[arg-type]
    flat.append((cylinder(0.022, 0.30, lamp, sides=8), "steel"))
    return Look(tuple(flat), (lamp[0], lamp[1], lamp[2] + 0.30), *size, tuple(movers))
