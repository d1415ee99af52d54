"""Bars made of states: shares of time of each station, what each did when (a Gantt chart), and levels over time."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from viz.colours import STATES
from viz.drawing import svg

__all__ = ["key", "levels", "stacked", "timeline"]

_WIDTH, _LEFT, _ROW = 520.0, 88.0, 22.0


def stacked(
    shares: Mapping[str, Mapping[str, float]],
    alt: str,
    *,
    length: float = 1.0,
    ticks: Sequence[tuple[float, str]] = tuple((share, f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1)),
) -> str:
    """One bar for each row, as long as its shares.

    Args:
        shares: row -> state -> share of time, or any other amount.
        alt: what there is to see.
        length: of the axis.
        ticks: place and text of marks below.
    """
    rows = {}
    for name, states in shares.items():
        at, pieces = 0.0, []
        for state in [*STATES, *(s for s in states if s not in STATES)]:
            if states.get(state, 0.0) > 0:
                pieces.append((state, at, at + states[state]))
                at += states[state]
        rows[name] = pieces
    return timeline(rows, length, alt, ticks=ticks)


def timeline(
    rows: Mapping[str, Sequence[tuple[str, float, float]]],
    length: float,
    alt: str,
    ticks: Sequence[tuple[float, str]],
) -> str:
    """Bars of states from begin to end.

    Args:
        rows: name -> (state, begin, end), in the unit of `length`.
        length: of the axis.
        alt: what there is to see.
        ticks: place and text of marks below.
    """
    across = (_WIDTH - _LEFT - 18) / length
    height = _ROW * len(rows) + 24
    drawn = []
    for line, (name, pieces) in enumerate(rows.items()):
        top = _ROW * line
        drawn.append(_name(name, top + 14))
        for state, begin, end in pieces:
            drawn.append(
                f'<rect x="{_LEFT + across * begin:.2f}" y="{top + 3:g}" width="{max(across * (end - begin), 0.2):.2f}"'
                f' height="{_ROW - 7:g}" fill="{STATES.get(state, "#666666")}">'
                f"<title>{html.escape(name)}: {html.escape(state.replace('_', ' '))}</title></rect>"
            )
    return svg([*drawn, *_marks(ticks, across, height - 6)], height=height, alt=alt, width=_WIDTH)


def levels(
    rows: Mapping[str, tuple[np.ndarray, np.ndarray, float]],
    length: float,
    alt: str,
    ticks: Sequence[tuple[float, str]],
) -> str:
    """Rows of a level that goes up and down in steps, each with its highest at its right end.

    Args:
        rows: name -> times (in the unit of `length`), the level from each on, and the highest there may be.
        length: of the axis.
        alt: what there is to see.
        ticks: place and text of marks below.
    """
    across = (_WIDTH - _LEFT - 62) / length
    step = _ROW + 8
    height = step * len(rows) + 24
    drawn = []
    for line, (name, (times, values, most)) in enumerate(rows.items()):
        foot = step * line + step - 4
        top = max(float(values.max(initial=0.0)), 1.0)
        y = foot - (step - 8) * values / top
        x = _LEFT + across * np.append(times, length)
        corners = [f"M{x[0]:.1f} {foot:.1f}"]
        corners += [f"V{v:.1f}H{u:.1f}" for v, u in zip(y, x[1:], strict=True)]
        drawn.append(_name(name, foot - 5))
        drawn.append(
            f'<path d="{"".join(corners)}V{foot:.1f}Z" class="accent fill"><title>{html.escape(name)}</title></path>'
        )
        room = "" if not np.isfinite(most) else f" of {most:g}"
        drawn.append(f'<text x="{_WIDTH - 58:g}" y="{foot - 5:g}" class="tick">{top:g}{room}</text>')
    return svg([*drawn, *_marks(ticks, across, height - 6)], height=height, alt=alt, width=_WIDTH)


def key(states: Sequence[str]) -> str:
    """What the colours mean, in lines of three."""
    drawn, across = [], 3
    known = [state for state in STATES if state in states]
    for place, state in enumerate(known):
        x, y = 8 + 144 * (place % across), 18 * (place // across)
        drawn.append(f'<rect x="{x:g}" y="{y + 3:g}" width="12" height="12" fill="{STATES[state]}"/>')
        drawn.append(f'<text x="{x + 17:g}" y="{y + 13:g}" class="tick">{html.escape(state.replace("_", " "))}</text>')
    height = 18 * ((len(known) - 1) // across + 1) + 2
    return svg(drawn, height=height, alt="colours of states", width=_WIDTH)


def _name(text: str, y: float) -> str:
    """The name of a row."""
    return f'<text x="{_LEFT - 8:g}" y="{y:g}" class="row end">{html.escape(text[:14])}</text>'


def _marks(ticks: Sequence[tuple[float, str]], across: float, y: float) -> list[str]:
    """Texts below the rows."""
    return [
        f'<text x="{_LEFT + across * place:.1f}" y="{y:g}" class="tick middle">{html.escape(text)}</text>'
        for place, text in ticks
    ]
