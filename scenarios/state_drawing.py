"""Bars made of states: shares of time of each station, and what each did when (a Gantt chart)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

__all__ = ["COLOURS", "key", "stacked", "timeline"]

COLOURS = {
    "processing": "#2f8f4e",
    "setup": "#7b5ea7",
    "warmup": "#c98a1b",
    "starved": "#b9c2cc",
    "blocked": "#e0b12c",
    "down": "#c0392b",
    "maintenance": "#3f7fbf",
    "planned_stop": "#dfe3e8",
    "standby": "#8fb9d9",
    "release": "#a58cc9",
    "off": "#eceff2",
}
"""Of the states, in the order in which they are stacked: green works, red is broken, yellow waits for room."""

_WIDTH, _LEFT, _ROW = 520.0, 88.0, 22.0


def stacked(shares: Mapping[str, Mapping[str, float]], alt: str) -> str:
    """One bar for each row, as long as its shares.

    Args:
        shares: row -> state -> share of time.
        alt: what there is to see.
    """
    rows = {}
    for name, states in shares.items():
        at, pieces = 0.0, []
        for state in [*COLOURS, *(s for s in states if s not in COLOURS)]:
            if states.get(state, 0.0) > 0:
                pieces.append((state, at, at + states[state]))
                at += states[state]
        rows[name] = pieces
    return timeline(rows, 1.0, alt, ticks=[(share, f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1)])


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
    drawn = [f'<svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{html.escape(alt, quote=True)}">']
    for line, (name, pieces) in enumerate(rows.items()):
        top = _ROW * line
        drawn.append(f'<text x="{_LEFT - 8:g}" y="{top + 14:g}" class="row end">{html.escape(name[:14])}</text>')
        for state, begin, end in pieces:
            drawn.append(
                f'<rect x="{_LEFT + across * begin:.2f}" y="{top + 3:g}" width="{max(across * (end - begin), 0.2):.2f}"'
                f' height="{_ROW - 7:g}" fill="{COLOURS.get(state, "#666666")}">'
                f"<title>{html.escape(name)}: {html.escape(state.replace('_', ' '))}</title></rect>"
            )
    drawn += [
        f'<text x="{_LEFT + across * place:.1f}" y="{height - 6:g}" class="tick middle">{html.escape(text)}</text>'
        for place, text in ticks
    ]
    return "\n".join([*drawn, "</svg>"])


def key(states: Sequence[str]) -> str:
    """What the colours mean, in lines of three."""
    drawn, across = [], 3
    known = [state for state in COLOURS if state in states]
    for place, state in enumerate(known):
        x, y = 8 + 144 * (place % across), 18 * (place // across)
        drawn.append(f'<rect x="{x:g}" y="{y + 3:g}" width="12" height="12" fill="{COLOURS[state]}"/>')
        drawn.append(f'<text x="{x + 17:g}" y="{y + 13:g}" class="tick">{html.escape(state.replace("_", " "))}</text>')
    height = 18 * ((len(known) - 1) // across + 1) + 2
    return "\n".join(
        [f'<svg viewBox="0 0 {_WIDTH:g} {height}" role="img" aria-label="colours of states">', *drawn, "</svg>"]
    )
