"""Machines by what they do: a die caster, a mill, a press, a robot, an oven, ..."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from viz.look import SPOT, Look, Mover, Piece, assembled, feet, panel, shelf
from viz.mesh import box, cylinder, merged

__all__ = [
    "bench",
    "booth",
    "camera",
    "chamber",
    "die_caster",
    "filler",
    "mill",
    "plain",
    "press",
    "robot",
    "tester",
    "tunnel",
]


def die_caster() -> Look:
    """A cold chamber machine: platens on tie bars, the furnace at its side."""
    bars = [
        cylinder(0.05, 2.5, sides=10).moved((-1.15, 1.75 + dy, 1.35 + dz), y=np.pi / 2)
        for dy in (-0.5, 0.5)
        for dz in (-0.42, 0.42)
    ]
    platen = box((0.28, 1.35, 1.35), bevel=0.04)
    return assembled(
        [
            (box((3.7, 1.5, 0.55), (0, 1.75, 0), 0.05), "base"),
            (merged(bars), "steel"),
            (platen.moved((0.45, 1.75, 0.68)), "shell"),
            (platen.moved((-1.25, 1.75, 0.68)), "shell"),
            (box((0.55, 0.9, 0.9), (-1.62, 1.75, 0.72), 0.05), "shell"),
            (box((1.15, 0.5, 0.45), (1.2, 1.75, 1.1), 0.04), "shell"),
            (cylinder(0.16, 0.6, sides=14).moved((1.75, 1.75, 1.32), y=np.pi / 2), "steel"),
            (cylinder(0.5, 0.95, (1.5, 2.95, 0), sides=20), "shell"),
            (cylinder(0.36, 0.03, (1.5, 2.95, 0.95), sides=20), "glow"),
            (box((0.12, 0.12, 1.5), (0.95, 2.9, 0), 0.01), "yellow"),
            (box((0.75, 0.1, 0.1), (1.3, 2.9, 1.45), 0.01), "yellow"),
            shelf(),
            panel(1.35, 0.75),
        ],
        (-1.7, 1.45, 1.62),
        (4.0, 3.5, 2.1),
        [Mover(box((0.24, 1.2, 1.2), bevel=0.04), "orange", (-0.35, 1.75, 0.75), "slide")],
    )


def mill() -> Look:
    """A machining centre."""
    return assembled(
        [
            feet(2.0, 1.5, 1.65),
            (box((2.0, 1.5, 0.75), (0, 1.65, 0.1), 0.04), "base"),
            (box((2.0, 1.5, 1.25), (0, 1.65, 0.85), 0.06), "shell"),
            (box((1.05, 0.05, 0.85), (-0.3, 0.90, 1.02)), "dark"),
            (box((0.93, 0.03, 0.73), (-0.3, 0.875, 1.08), 0.01), "glass"),
            (box((0.05, 0.06, 0.5), (0.33, 0.86, 1.2), 0.01), "steel"),
            (box((0.6, 0.5, 0.3), (0.5, 1.9, 2.1), 0.04), "base"),
            (box((0.34, 0.03, 0.42), (0.72, 0.89, 1.3), 0.01), "dark"),
            (box((0.28, 0.02, 0.2), (0.72, 0.875, 1.48), 0), "screen"),
            shelf(),
        ],
        (-0.8, 1.15, 2.1),
        (2.3, 2.5, 2.1),
    )


def press() -> Look:
    """A press with a ram."""
    ram = merged([cylinder(0.09, 0.75, (0, 0, 0.2), sides=12), box((0.75, 0.75, 0.22), bevel=0.03)])
    return assembled(
        [
            feet(1.5, 1.3, 1.5),
            (box((1.5, 1.3, 0.7), (0, 1.5, 0.1), 0.04), "base"),
            (box((0.28, 1.2, 1.5), (-0.6, 1.5, 0.8), 0.04), "base"),
            (box((0.28, 1.2, 1.5), (0.6, 1.5, 0.8), 0.04), "base"),
            (box((1.6, 1.35, 0.45), (0, 1.5, 2.3), 0.06), "shell"),
            (box((0.9, 0.9, 0.12), (0, 1.45, 0.8)), "steel"),
            (cylinder(0.16, 0.35, (0, 1.5, 2.75)), "steel"),
            (box((0.9, 0.06, 0.28), (0, 0.82, 2.36)), "yellow"),
            shelf(),
            panel(1.0, 1.0),
        ],
        (-0.6, 1.0, 2.75),
        (2.3, 2.4, 2.9),
        [Mover(ram, "steel", (0, 1.45, 1.45), "ram")],
    )


def robot() -> Look:
    """A robot behind a fence."""
    arm = merged(
        [
            cylinder(0.24, 0.25),
            box((0.26, 0.3, 0.3), (0, 0, 0.2), 0.03),
            cylinder(0.17, 0.36, sides=14).moved((0, -0.18, 0.55), x=-np.pi / 2),
            box((0.2, 0.2, 0.85), bevel=0.05).moved((0, 0, 0.55), x=-0.25),
            cylinder(0.14, 0.34, sides=14).moved((0, 0.02, 1.36), x=-np.pi / 2),
            box((0.17, 0.17, 0.95), bevel=0.04).moved((0, 0.2, 1.38), x=2.02),
            cylinder(0.07, 0.16, (0, -0.66, 0.84), sides=10),
        ]
    )
    fingers = [box((0.05, 0.05, 0.2), (dx, -0.66, 0.6), 0.01) for dx in (-0.1, 0.1)]
    grip = merged([cylinder(0.09, 0.08, (0, -0.66, 0.78), sides=10), *fingers])
    fence = [box((0.06, 0.06, 1.7), (x, 2.55, 0), 0.01) for x in (-1.25, -0.4, 0.4, 1.25)]
    fence += [box((0.06, 0.06, 1.7), (dx * 1.25, 1.15, 0), 0.01) for dx in (-1, 1)]
    for z in (0.2, 0.9, 1.6):
        fence += [box((2.5, 0.03, 0.05), (0, 2.55, z), 0)]
        fence += [box((0.03, 1.4, 0.05), (dx * 1.25, 1.85, z), 0) for dx in (-1, 1)]
    return assembled(
        [
            (box((0.9, 0.9, 0.5), (0, 1.5, 0), 0.04), "dark"),
            (cylinder(0.28, 0.3, (0, 1.5, 0.5), sides=20), "shell"),
            (box((0.7, 0.6, 0.85), (0.8, 2.0, 0), 0.03), "shell"),
            (box((0.6, 0.5, 0.06), (0.8, 2.0, 0.85)), "steel"),
            (merged(fence), "yellow"),
            shelf(),
        ],
        (-1.25, 1.15, 1.7),
        (2.8, 2.8, 2.75),
        [Mover(arm, "orange", (0, 1.5, 0.8), "swing"), Mover(grip, "dark", (0, 1.5, 0.8), "swing")],
    )


def booth() -> Look:
    """A cabin in which something is sprayed: its roof stands over the belt."""
    return assembled(
        [
            (box((2.2, 1.1, 2.0), (0, 1.45, 0.1), 0.05), "shell"),
            (box((2.0, 1.0, 0.12), (0, 0.45, 1.75)), "shell"),
            (box((0.08, 0.08, 1.75), (-0.95, -0.02, 0), 0.01), "steel"),
            (box((0.08, 0.08, 1.75), (0.95, -0.02, 0), 0.01), "steel"),
            (box((1.6, 0.05, 0.7), (0, 0.88, 1.0), 0.01), "dark"),
            (cylinder(0.22, 0.7, (-0.5, 1.6, 2.1)), "steel"),
            (cylinder(0.32, 0.1, (-0.5, 1.6, 2.8), top=0.14), "steel"),
            (cylinder(0.28, 0.9, (0.75, 1.6, 2.1), top=0.28), "base"),
            (cylinder(0.03, 0.55, sides=8).moved((0.35, 0.9, 1.35), x=1.4), "orange"),
            (cylinder(0.03, 0.55, sides=8).moved((-0.35, 0.9, 1.35), x=1.4), "orange"),
            shelf(),
            panel(1.35, 0.8),
        ],
        (-1.0, 0.95, 2.1),
        (2.9, 2.2, 3.0),
    )


def tester() -> Look:
    """A test bench with a plunger."""
    return assembled(
        [
            feet(1.3, 1.0, 1.5),
            (box((1.3, 1.0, 1.9), (0, 1.5, 0.1), 0.05), "shell"),
            (box((1.0, 0.04, 0.55), (0, 0.99, 1.25)), "glass"),
            (box((0.6, 0.55, 0.1), (0, 0.75, 1.62)), "base"),
            (box((0.5, 0.04, 0.34), (0, 0.98, 0.3), 0.01), "base"),
            (cylinder(0.16, 0.06, (-0.42, 1.5, 2.0)), "dark"),
            shelf(),
            panel(0.95, 0.95),
        ],
        (-0.5, 1.15, 2.0),
        (2.1, 2.1, 2.1),
        [Mover(cylinder(0.13, 0.22, sides=14), "steel", (0, SPOT[1], 1.40), "ram")],
    )


def camera() -> Look:
    """A camera over the part."""
    return assembled(
        [
            feet(1.3, 1.0, 1.55),
            (box((1.3, 1.0, 1.9), (0, 1.55, 0.1), 0.05), "shell"),
            (box((1.0, 0.04, 0.55), (0, 1.04, 1.2)), "glass"),
            (box((1.1, 1.3, 0.12), (0, 0.65, 1.72)), "dark"),
            (box((0.08, 0.08, 1.72), (-0.5, -0.4, 0), 0.01), "steel"),
            (box((0.08, 0.08, 1.72), (0.5, -0.4, 0), 0.01), "steel"),
            (box((1.1, 0.12, 0.12), (0, -0.4, 1.72)), "base"),
            (cylinder(0.09, 0.3, (0, SPOT[1], 1.43), sides=14), "dark"),
            (cylinder(0.06, 0.05, (0, SPOT[1], 1.38), sides=14), "screen"),
            shelf(),
            panel(0.95, 1.0),
        ],
        (-0.5, 1.2, 2.0),
        (2.1, 2.1, 2.1),
    )


def bench() -> Look:
    """A bench for work by hand."""
    legs = [box((0.07, 0.07, 0.8), (dx * 0.88, 1.05 + dy * 0.35, 0), 0.01) for dx in (-1, 1) for dy in (-1, 1)]
    bins = [box((0.3, 0.26, 0.2), (-0.6 + 0.4 * i, 1.35, 1.5), 0.015) for i in range(4)]
    return assembled(
        [
            (box((1.9, 0.95, 0.08), (0, 1.05, 0.82)), "steel"),
            (box((1.9, 0.06, 1.1), (0, 1.53, 0.90)), "shell"),
            (box((1.7, 0.35, 0.05), (0, 1.35, 1.45), 0.01), "base"),
            (merged(legs), "dark"),
            (merged(bins[::2]), "base"),
            (merged(bins[1::2]), "orange"),
            (box((0.5, 0.05, 0.3), (-0.55, 1.35, 0.95), 0.01), "dark"),
            (box((0.44, 0.02, 0.24), (-0.55, 1.32, 0.98), 0), "screen"),
            shelf(),
        ],
        (0.85, 1.53, 2.0),
        (2.2, 1.9, 2.1),
    )


def plain() -> Look:
    """A machine of which nothing is known but its time."""
    return assembled(
        [
            feet(1.6, 1.2, 1.55),
            (box((1.6, 1.2, 0.7), (0, 1.55, 0.1), 0.04), "base"),
            (box((1.6, 1.2, 0.95), (0, 1.55, 0.8), 0.06), "shell"),
            (box((0.9, 0.04, 0.5), (-0.2, 0.94, 1.0), 0.01), "glass"),
            (box((0.26, 0.03, 0.34), (0.55, 0.94, 1.2), 0.01), "dark"),
            (box((0.2, 0.02, 0.16), (0.55, 0.925, 1.35), 0), "screen"),
            shelf(),
        ],
        (-0.65, 1.1, 1.75),
        (2.1, 2.2, 1.9),
    )


def filler() -> Look:
    """A carousel, as they fill, close and label bottles."""
    heads = [
        cylinder(0.05, 0.34, (0.5 * np.cos(a), 0.5 * np.sin(a), 0.0), sides=8)
        for a in np.linspace(0, 2 * np.pi, 10, endpoint=False)
    ]
    return assembled(
        [
            (cylinder(0.85, 0.75, (0, 1.6, 0.1), sides=28), "base"),
            (cylinder(0.75, 0.1, (0, 1.6, 0.85), sides=28), "steel"),
            (cylinder(0.16, 1.2, (0, 1.6, 0.9), sides=14), "steel"),
            (cylinder(0.72, 0.35, (0, 1.6, 1.75), sides=28), "shell"),
            (cylinder(0.4, 0.25, (0, 1.6, 2.1), sides=20, top=0.2), "shell"),
            (cylinder(0.022, 1.5, (-0.95, 1.0, 0), sides=8), "steel"),
            shelf(),
            panel(1.05, 1.0),
        ],
        (-0.95, 1.0, 1.5),
        (2.5, 2.5, 2.35),
        [Mover(merged(heads), "steel", (0, 1.6, 1.35), "swing")],
    )


def chamber(*, hot: bool) -> Look:
    """An oven or washer that takes one part at a time."""
    top: list[Piece | Iterable[Piece]] = [(cylinder(0.14, 0.6, (-0.35, 1.7, 1.95), sides=14), "steel")]
    top += [(cylinder(0.22, 0.08, (-0.35, 1.7, 2.55), sides=14, top=0.1), "steel")]
    side: list[Piece | Iterable[Piece]] = [(cylinder(0.22, 0.6, (1.05, 1.6, 0), sides=14), "base")]
    return assembled(
        [
            feet(1.6, 1.3, 1.6),
            (box((1.6, 1.3, 1.85), (0, 1.6, 0.1), 0.06), "shell"),
            (box((0.9, 0.05, 0.9), (-0.2, 0.94, 0.85)), "dark"),
            (box((0.5, 0.03, 0.3), (-0.2, 0.91, 1.25), 0.01), "glow" if hot else "glass"),
            (box((0.26, 0.03, 0.34), (0.55, 0.94, 1.2), 0.01), "dark"),
            (box((0.2, 0.02, 0.16), (0.55, 0.925, 1.35), 0), "screen"),
            shelf(),
            *(top if hot else side),
        ],
        (-0.65, 1.1, 1.95),
        (2.3, 2.3, 2.6 if hot else 2.0),
    )


def tunnel(length: float, *, hot: bool) -> Look:
    """A hood over the belt, of any length [m]: parts are seen below it; an oven has chimneys, a washer has pumps."""
    x = np.linspace(-length / 2 + 0.6, length / 2 - 0.6, max(2, round(length / 2.2)))
    pieces: list[Piece | Iterable[Piece]] = [
        (box((length, 0.5, 1.95), (0, 0.72, 0.1), 0.06), "shell"),
        (box((length, 1.25, 0.6), (0, 0.2, 1.45), 0.08), "shell"),
        (box((length - 0.2, 0.4, 0.55), (0, 0.72, 0.05)), "base"),
        (merged([box((0.08, 0.08, 1.5), (v, -0.34, 0), 0.01) for v in x]), "steel"),
    ]
    for v in x:
        if hot:
            pieces.append((cylinder(0.14, 0.65, (v, 0.6, 2.05), sides=14), "steel"))
            pieces.append((cylinder(0.22, 0.08, (v, 0.6, 2.7), sides=14, top=0.1), "steel"))
        else:
            pieces.append((cylinder(0.2, 0.5, (v, 1.25, 0), sides=14), "base"))
            pieces.append((cylinder(0.05, 1.6, (v, 1.1, 0.4), sides=8), "steel"))
    pieces.append((box((0.5, 0.3, 1.5), (length / 2 - 0.6, 1.2, 0.1)), "shell"))
    return assembled(pieces, (-length / 2 + 0.15, -0.1, 2.05), (length + 0.6, 1.8, 2.1 + 0.7 * hot))
