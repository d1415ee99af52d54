"""Where labels go on a picture: beside what they name, and never over each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["Box", "placed", "touch"]

Box = tuple[float, float, float, float]
"""Left, top, right, bottom [pixels]."""

_STEPS = (0, 14, 28, 44, 60, 80)
_ASIDE = (0, -24, 24, -52, 52)


def touch(one: Box, other: Box, gap: float = 3.0) -> bool:
    """Whether two boxes come closer than `gap`."""
    return one[0] < other[2] + gap and other[0] < one[2] + gap and one[1] < other[3] + gap and other[1] < one[3] + gap


def placed(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[Sequence[tuple[float, float]]],
    taken: Sequence[Box],
    area: Box,
) -> list[tuple[int, Box] | None]:
    """A place above each anchor for a label.

    Args:
        anchors: what each label names: x and y [pixels].
        sizes: width and height of each label, in the order in which its forms are tried (long, short, ...).
        taken: where there is something already.
        area: within which labels have to stay.

    Returns:
        For each label which of its forms has room and where, or None. Those of the lowest anchors, which are nearest to
        who looks, are placed first.
    """
    found: list[tuple[int, Box] | None] = [None] * len(anchors)
    full = list(taken)
    for i in sorted(range(len(anchors)), key=lambda i: -anchors[i][1]):
        for form, size in enumerate(sizes[i]):
            box = next((b for b in _tried(anchors[i], size) if _free(b, full, area)), None)
            if box is not None:
                found[i] = (form, box)
                full.append(box)
                break
    return found


def _tried(anchor: tuple[float, float], size: tuple[float, float]) -> Iterator[Box]:
    x, y = anchor
    width, height = size
    for up in _STEPS:
        for aside in _ASIDE:
            left, bottom = x - width / 2 + aside, y - 8 - up
            yield left, bottom - height, left + width, bottom


def _free(box: Box, full: Sequence[Box], area: Box) -> bool:
    inside = box[0] >= area[0] and box[1] >= area[1] and box[2] <= area[2] and box[3] <= area[3]
    return inside and not any(touch(box, other) for other in full)
