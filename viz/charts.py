"""Charts of a run as SVG: the same for its page, for a report and for a notebook.

Each takes a story (`viz.story_of(trace)`) and returns a drawing, or None where the run tells nothing of that.
"""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np

from twin.clock import second_of_day
from twin.segments import STATES as NAMES
from viz.bars_of_states import key, levels, stacked, timeline
from viz.drawing import Axis, Bar, Guide, Item, Series, bars, plane
from viz.series import grid
from viz.story import Story

__all__ = [
    "CHARTS",
    "buffer_levels",
    "charts_page",
    "energy_by_state",
    "gantt",
    "lead_times",
    "load_profile",
    "pareto_of_scrap",
    "quality",
    "state_shares",
]

HOUR = 3600.0
_ROWS = 40
_LONGEST = 2 * HOUR


def state_shares(story: Story) -> str:
    """Share of the run that every machine spent in each state."""
    shares = {}
    for j, name in enumerate(story.labels[:_ROWS]):
        begin, end, states = story.courses.between(j, 0.0, story.until)
        total = np.bincount(states, weights=end - begin, minlength=len(NAMES)) / story.until
        shares[name] = dict(zip(NAMES, total.tolist(), strict=True))
    used = {state for row in shares.values() for state, share in row.items() if share > 0}
    return key(sorted(used)) + stacked(shares, "share of time in each state, by machine")


def gantt(story: Story, begin: float = 0.0, end: float | None = None) -> str:
    """What every machine did when, from `begin` to `end` [s]; two hours from the beginning if nothing else is said."""
    end = min(begin + _LONGEST if end is None else end, story.until)
    rows = {}
    for j, name in enumerate(story.labels[:_ROWS]):
        first, last, states = story.courses.between(j, begin, end)
        pieces = zip(states.tolist(), (first - begin).tolist(), (last - begin).tolist(), strict=True)
        rows[name] = [(NAMES[state], a, b) for state, a, b in pieces]
    used = {state for row in rows.values() for state, _, _ in row}
    return key(sorted(used)) + timeline(
        rows, end - begin, "states of the machines over time", _clocks(story, begin, end)
    )


def buffer_levels(story: Story) -> str | None:
    """How many parts wait in front of every station, over the run; beside it the most, and the room for them."""
    rows = {}
    for m, bay in enumerate(story.layout.bays[:_ROWS]):
        here = story.visits["station"] == m
        arrive, start = story.visits["arrive"][here], story.visits["start"][here]
        waits = (start > arrive) & (arrive <= story.until)
        if not waits.any():
            continue
        times = np.concatenate([arrive[waits], start[waits]])
        change = np.repeat([1.0, -1.0], int(waits.sum()))
        order = np.lexsort((change, times))
        times, change = times[order], change[order]
        inside = times <= story.until
        times, level = np.append(0.0, times[inside]), np.append(0.0, np.cumsum(change)[inside])
        last = np.append(np.diff(times) > 0, True)
        room = np.inf if bay.waits is None or bay.places else float(bay.waits - len(bay.machines))
        rows[bay.name] = (times[last], level[last], room)
    if not rows:
        return None
    return levels(rows, story.until, "parts waiting in front of every station", _clocks(story, 0.0, story.until))


def load_profile(story: Story) -> str | None:
    """Electric power of the line, and where the tariff changes."""
    gauge = next((one for one in story.gauges if one.title == "Line power"), None)
    if gauge is None:
        return None
    times = (grid(story.until) + second_of_day(story.start)) / HOUR
    known = np.isfinite(gauge.values)
    if not known.any():
        return None
    power = Series("", times[known].tolist(), gauge.values[known].tolist(), line=True, mark="")
    top = float(gauge.values[known].max())
    edges = [
        Guide("change of tariff" if k == 0 else "", (t, 0.0), (t, top)) for k, t in enumerate(_tariff_changes(story))
    ]
    return plane(
        [power], x=Axis("clock, h"), y=Axis("electric power, kW", include=(0.0,)), alt="load profile", guides=edges
    )


def energy_by_state(story: Story) -> str | None:
    """Electricity that every station used, by the state in which it did."""
    if not story.energy:
        return None
    most = max(sum(row.values()) for row in story.energy.values())
    if most <= 0:
        return None
    used = {state for row in story.energy.values() for state, amount in row.items() if amount > 0}
    ticks = [(most * k / 4, f"{most * k / 4:.3g}" + (" kWh" if k == 4 else "")) for k in range(5)]
    ticks[-1] = (most * 0.97, ticks[-1][1])
    rows = dict(list(story.energy.items())[:_ROWS])
    return key(sorted(used)) + stacked(rows, "electricity by station and state", length=most, ticks=ticks)


def lead_times(story: Story) -> str | None:
    """How long good parts were in the line."""
    found = _lead_times(story)
    if len(found) < 2:
        return None
    unit, scale = (
        ("h", HOUR) if np.median(found) > 2 * HOUR else ("min", 60.0) if np.median(found) > 120 else ("s", 1.0)
    )
    found = found / scale
    counts, edges = np.histogram(found, bins=min(40, max(5, int(np.sqrt(len(found))) * 2)))
    x = np.repeat(edges, 2)[1:-1]
    steps = Series("", [x[0], *x.tolist(), x[-1]], [0.0, *np.repeat(counts, 2).tolist(), 0.0], line=True, mark="")
    middle, late = np.median(found), np.quantile(found, 0.95)
    guides = [Guide(f"median {middle:.3g} {unit}", (middle, 0.0), (middle, float(counts.max())))]
    guides.append(Guide(f"95 % within {late:.3g} {unit}", (late, 0.0), (late, float(counts.max()))))
    return plane(
        [steps], x=Axis(f"lead time, {unit}"), y=Axis("good parts", include=(0.0,)), alt="lead times", guides=guides
    )


def quality(story: Story) -> str | None:
    """Share of the parts that are still in the line after each station, of those that were finished there."""
    if not story.visits["scrapped"].any():
        return None
    items, left = [], 1.0
    for m, bay in enumerate(story.layout.bays[:_ROWS]):
        here = (story.visits["station"] == m) & (story.visits["finish"] <= story.until)
        bad, made = int(story.visits["scrapped"][here].sum()), int(here.sum())
        if made:
            left *= 1 - bad / made
            items.append(Item(bay.name, f"{100 * left:.1f} %, {bad} of {made} scrapped", [Bar(100 * left)]))
    return bars(
        items,
        axis=Axis("share of the parts still good, %", include=(0.0, 100.0)),
        base=0.0,
        alt="quality along the line",
    )


def pareto_of_scrap(story: Story) -> str | None:
    """What parts were scrapped for, the most frequent first."""
    bad = story.visits["scrapped"] & (story.visits["finish"] <= story.until)
    if not bad.any():
        return None
    names = ("no named cause", *story.causes)
    counts = np.bincount(story.visits["defect"][bad], minlength=len(names))
    order = [k for k in np.argsort(-counts, kind="stable") if counts[k]][:12]
    sums = np.cumsum(counts[order])
    items = [
        Item(names[k], f"{counts[k]}, together {100 * total / counts.sum():.0f} %", [Bar(float(counts[k]))])
        for k, total in zip(order, sums, strict=True)
    ]
    return bars(items, axis=Axis("scrapped parts", include=(0.0,)), base=0.0, alt="scrapped parts by cause")


CHARTS: dict[str, Callable[[Story], str | None]] = {
    "States of the machines": state_shares,
    "The first two hours": gantt,
    "Parts waiting": buffer_levels,
    "Load profile": load_profile,
    "Electricity by station and state": energy_by_state,
    "Lead time": lead_times,
    "Quality along the line": quality,
    "Scrap by cause": pareto_of_scrap,
}
"""All charts by their titles."""


def charts_page(story: Story, title: str = "") -> str:
    """All charts of a run as HTML."""
    drawn = [(name, chart(story)) for name, chart in CHARTS.items()]
    figures = [f"<figure><figcaption>{name}</figcaption>{text}</figure>" for name, text in drawn if text is not None]
    head = f"<h2>{html.escape(title)}</h2>" if title else ""
    return f'{head}<div class="plots">{"".join(figures)}</div>'


def _lead_times(story: Story) -> np.ndarray:
    """Of all good parts that have left the line [s]."""
    visits = story.visits
    first, last = visits["station"] == 0, visits["station"] == len(story.layout.bays) - 1
    gone = last & ~visits["scrapped"] & (visits["depart"] <= story.until)
    begin = dict(zip(visits["part"][first].tolist(), visits["left"][first].tolist(), strict=True))
    ends = zip(visits["part"][gone].tolist(), visits["depart"][gone].tolist(), strict=True)
    return np.array([end - begin[part] for part, end in ends if part in begin])


def _clocks(story: Story, begin: float, end: float) -> list[tuple[float, str]]:
    """Marks at even times of day, counted from `begin`."""
    steps = (60, 300, 600, 900, 1800, 3600, 7200, 4 * 3600, 6 * 3600, 12 * 3600, 86400, 7 * 86400)
    step = next((one for one in steps if (end - begin) / one <= 6), steps[-1])
    start = second_of_day(story.start)
    first = np.ceil((start + begin) / step) * step
    marks = np.arange(first, start + end + 1e-6, step)
    text = lambda s: f"{int(s // HOUR) % 24:02d}:{int(s // 60) % 60:02d}"  # noqa: E731
    return [(float(s - start - begin), text(s)) for s in marks]


def _tariff_changes(story: Story) -> list[float]:
    """Times of day [h] within the run at which the price of electricity changes."""
    if len(story.prices) < 2:
        return []
    first = second_of_day(story.start) / HOUR
    last = first + story.until / HOUR
    days = range(int(last // 24) + 1)
    return [t for day in days for t in (24.0 * day + begin / HOUR for begin in story.prices) if first < t < last]
