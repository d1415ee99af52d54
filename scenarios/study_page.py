"""A study as one HTML file for everybody: the answer first, then figures, plots, and how to have them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scenarios.changes import in_words
from scenarios.compare import Difference
from scenarios.figures import FIGURES, unit_words
from scenarios.outcome import Outcome
from scenarios.search.pareto import nondominated
from scenarios.study import Sweep
from scenarios.study_console import figure_said
from scenarios.study_result import StudyResult
from scenarios.study_traces import Pictures
from surrogates.pages.content import Code, Part, Plot, Plots, Points, Section, Table
from surrogates.pages.page import as_page
from surrogates.pages.style import STYLE
from viz.bars_of_states import key, stacked
from viz.drawing import Axis, Bar, Item, Series, bars, plane

__all__ = ["answer", "study_page"]

_MOST_ROWS = 200
_WIDE = ".wide .plots { grid-template-columns: 1fr; } .wide figure { max-width: 760px; }"


def study_page(result: StudyResult, pictures: Sequence[Pictures] = ()) -> str:
    """The page.

    Args:
        result: what came out.
        pictures: of the baseline and some scenarios (see `scenarios.study_traces`).
    """
    study = result.study
    sections = [Section("answer", "Answer", [Points(answer(result)), *_baseline(result)])]
    if result.scenarios:
        sections.append(Section("differences", "What differs from the baseline", list(_differences(result))))
    if study.conditions:
        sections.append(Section("chances", "How probable it is", [_chances(result)]))
    sections += [Section(f"sweep{k}", sweep.name, list(_sweep(result, sweep))) for k, sweep in enumerate(study.sweeps)]
    sections.append(Section("states", "Where the stations spend their time", list(_states(result))))
    if pictures:
        sections.append(Section("pictures", "A shift in pictures", list(_pictures(pictures))))
    sections.append(Section("how", "How this was found", list(_how(result))))
    page = as_page(study.name, study.question or f"What if, on the line {study.line}?", sections)
    page = page.replace(STYLE, STYLE + _WIDE, 1)
    for wide in ("states", "pictures"):
        page = page.replace(f'<section id="{wide}"', f'<section class="wide" id="{wide}"', 1)
    return page


def answer(result: StudyResult) -> list[str]:
    """A sentence for each scenario: what changes for certain, and what does not."""
    told = []
    for outcome, scenario in zip(result.scenarios, result.study.scenarios, strict=True):
        found = [d for name, d in result.difference(outcome).items() if name in result.shown]
        changed = [f"{_words(d)} {d.words()}" for d in found if d.verdict in ("more", "less")]
        kept = [f"{_words(d)} {d.words()}" for d in found if d.verdict == "not told apart"]
        sentence = "; ".join([*changed, *kept]) or "no figure that is shown changes"
        told.append(f"{outcome.name}: {sentence}." + (f" {scenario.note}" if scenario.note else ""))
    for sweep in result.study.sweeps:
        best = _best(result, sweep)
        if best is not None:
            point = ", ".join(f"{path} = {value}" for path, value in sweep.points[best].items())
            name = result.shown[0]
            said = figure_said(name, result.sweeps[sweep.name][best].figures[name])
            told.append(
                f"{sweep.name}: the best {FIGURES[name].words} of {len(sweep.points)} points is {said}, at {point}."
            )
    return told or ["See the figures below."]


def _words(difference: Difference) -> str:
    return FIGURES[difference.name].words if difference.name in FIGURES else difference.name


def _baseline(result: StudyResult) -> Iterator[Part]:
    rows = [(FIGURES[name].words, figure_said(name, result.baseline.figures[name])) for name in result.shown]
    yield Table(f"{result.baseline.name}: mean ± half of the 95 % interval", ("figure", "value"), rows)


def _differences(result: StudyResult) -> Iterator[Part]:
    rows, plots = [], []
    found = [(outcome, result.difference(outcome)) for outcome in result.scenarios]
    for outcome, differences in found:
        for name in result.shown:
            if name in differences:
                one = differences[name]
                judged = {1: "✓ better", -1: "✗ worse", 0: "–"}[one.good]
                value = figure_said(name, outcome.figures[name]).partition(" ±")[0]
                rows.append((outcome.name, FIGURES[name].words, value, one.words(), judged))
    yield Table("All scenarios", ("scenario", "figure", "value", "difference", "verdict"), rows, left=(0, 1, 3, 4))
    for name in result.shown:
        items = [Item(o.name, d[name].words(), [_dot(name, d[name])]) for o, d in found if name in d]
        if any(item.bars[0].value for item in items):
            unit = " %-points" if FIGURES[name].percent else unit_words(name, found[0][1][name].unit)
            axis = Axis(f"difference{',' if unit else ''}{unit}", include=(0.0,))
            title = FIGURES[name].words
            plots.append(Plot(title, bars(items, axis=axis, alt=f"differences of {title}", marks=[("none", 0.0)])))
    yield Plots(plots)
    yield (
        f"Each line is an interval; all {result.family} of them together hold in 95 % of such studies. One that does"
        " not touch zero is a difference that may be claimed. Scenario and baseline meet the same luck (the same random"
        " numbers), so that what differs is the change and not the day."
    )


def _dot(name: str, one: Difference) -> Bar:
    scale = 100.0 if FIGURES[name].percent else 1.0
    low, high = one.all95 or (one.mean, one.mean)
    style = {1: "accent", -1: "second", 0: "plain"}[one.good]
    return Bar(scale * one.mean, scale * low, scale * high, style)


def _chances(result: StudyResult) -> Part:
    items = []
    for outcome in (result.baseline, *result.scenarios):
        for chance in result.chances(outcome):
            low, high = (100 * end for end in chance.ci95)
            said = f"{100 * chance.share:.0f} % ({low:.0f} to {high:.0f})"
            items.append(Item(f"{outcome.name}: {chance.text}", said, [Bar(100 * chance.share, low, high)]))
    axis = Axis("probability, %", low=0.0, high=100.0)
    return Plots([Plot("Probability with its 95 % interval", bars(items, axis=axis, alt="probabilities"))])


def _sweep(result: StudyResult, sweep: Sweep) -> Iterator[Part]:
    outcomes, shown = result.sweeps[sweep.name], result.shown[:2]
    paths = list(dict.fromkeys(path for point in sweep.points for path in point))
    plots = []
    if sweep.method == "one-at-a-time" and shown:
        plots.append(_tornado(result, sweep, shown[0]))
    elif len(paths) == 1 and all(isinstance(_plain(point[paths[0]]), float) for point in sweep.points):
        plots += [_curve(sweep, outcomes, paths[0], name) for name in shown]
    elif len(shown) == 2:
        plots.append(_cloud(result, outcomes, *shown))
    yield Plots(plots)
    rows = []
    for point, outcome in list(zip(sweep.points, outcomes, strict=True))[:_MOST_ROWS]:
        said = [figure_said(name, outcome.figures.get(name)) for name in shown]
        rows.append((", ".join(f"{path} = {value}" for path, value in point.items()), *said))
    heads = ("point", *(FIGURES[name].words for name in shown))
    yield Table(f"Points of {sweep.name}", heads, rows, folded=len(rows) > 12)


def _plain(value: object) -> float | None:
    """The number at the beginning of a value, None where there is none."""
    try:
        return float(str(value).split()[0])
    except ValueError:
        return None


def _means(outcomes: Sequence[Outcome], name: str) -> np.ndarray:
    figures = [outcome.figures.get(name) for outcome in outcomes]
    return np.array([np.nan if figure is None else float(figure.mean) for figure in figures])


def _curve(sweep: Sweep, outcomes: Sequence[Outcome], path: str, name: str) -> Plot:
    order = np.argsort([_plain(point[path]) or 0.0 for point in sweep.points])
    x = [_plain(sweep.points[k][path]) or 0.0 for k in order]
    y = _means(outcomes, name)[order]
    intervals = [
        (f.ci95 or (f.value, f.value)) if (f := outcomes[k].figures.get(name)) else (np.nan, np.nan) for k in order
    ]
    low, high = zip(*intervals, strict=True)
    series = Series("", x, list(y), low=list(low), high=list(high), line=True, band=True)
    unit = str(sweep.points[0][path]).partition(" ")[2]
    title = FIGURES[name].words
    figure = outcomes[0].figures.get(name)
    told = title if figure is None else f"{title},{unit_words(name, figure.unit)}".rstrip(",")
    return Plot(title, plane([series], x=Axis(f"{path} {unit}".strip()), y=Axis(told), alt=f"{title} over {path}"))


def _cloud(result: StudyResult, outcomes: Sequence[Outcome], first: str, second: str) -> Plot:
    """All points, those that none other beats joined, and the baseline."""
    values = np.stack([_means(outcomes, first), _means(outcomes, second)], axis=1)
    signs = np.array([-1.0 if FIGURES[name].better > 0 else 1.0 for name in (first, second)])
    known = np.isfinite(values).all(axis=1)
    front = np.flatnonzero(known)[nondominated(values[known] * signs)]
    front = front[np.argsort(values[front, 0])]
    base = _means([result.baseline], first), _means([result.baseline], second)
    series = [
        Series("points", list(values[known, 0]), list(values[known, 1]), style="plain", mark="dot"),
        Series("that none other beats", list(values[front, 0]), list(values[front, 1]), line=True),
        Series("baseline", list(base[0]), list(base[1]), style="second"),
    ]
    words = [f"{FIGURES[n].words}{unit_words(n, result.baseline.figures[n].unit)}" for n in (first, second)]  # pyright: ignore[reportOptionalMemberAccess]
    return Plot(f"{words[0]} and {words[1]}", plane(series, x=Axis(words[0]), y=Axis(words[1]), alt="all points"))


def _tornado(result: StudyResult, sweep: Sweep, name: str) -> Plot:
    """What each path moves, alone, from its lowest to its highest value."""
    base = float(_means([result.baseline], name)[0])
    values = _means(result.sweeps[sweep.name], name)
    spans = {}
    for path in dict.fromkeys(path for point in sweep.points for path in point):
        own = [float(values[k]) for k, point in enumerate(sweep.points) if path in point]
        spans[path] = (min([*own, base]), max([*own, base]))
    ordered = sorted(spans.items(), key=lambda item: item[1][0] - item[1][1])
    items = [Item(path, f"{low:.4g} to {high:.4g}", [Bar(base, low, high)]) for path, (low, high) in ordered]
    title = f"What moves {FIGURES[name].words}"
    return Plot(title, bars(items, axis=Axis(FIGURES[name].words), alt=title, marks=[("baseline", base)]))


def _best(result: StudyResult, sweep: Sweep) -> int | None:
    if not result.shown:
        return None
    values = _means(result.sweeps[sweep.name], result.shown[0]) * (1 if FIGURES[result.shown[0]].better > 0 else -1)
    return int(np.nanargmax(values)) if np.isfinite(values).any() else None


def _states(result: StudyResult) -> Iterator[Part]:
    used = {
        s for o in (result.baseline, *result.scenarios) for row in o.states.values() for s, v in row.items() if v > 0
    }
    plots = [Plot(o.name, stacked(o.states, f"states, {o.name}")) for o in (result.baseline, *result.scenarios[:4])]
    yield Plots([Plot("Colours", key(sorted(used))), *plots])


def _pictures(pictures: Sequence[Pictures]) -> Iterator[Part]:
    rows = []
    for station in pictures[0].shares:
        shares = [float(one.shares[station].mean) if station in one.shares else float("nan") for one in pictures]
        rows.append((station, *(f"{100 * share:.1f} %" for share in shares)))
    heads = ("station", *(one.name for one in pictures))
    yield "The critical path tells which station holds the good parts up: where a tenth of the time would be felt most."
    yield Table("Bottlenecks: shares of the critical path", heads, rows)
    drawn = []
    if len(pictures[0].hours):
        styles = ("accent", "second", "plain", "plain")
        load = [
            Series(one.name, list(one.hours), list(one.power), style=style, line=True, mark="")
            for one, style in zip(pictures, styles, strict=False)
        ]
        drawn.append(
            Plot("Load profile", plane(load, x=Axis("clock, h"), y=Axis("electric power, kW"), alt="load profile"))
        )
    drawn += [Plot(f"Gantt chart: {one.name}", one.gantt) for one in pictures]
    yield Plots(drawn)


def _how(result: StudyResult) -> Iterator[Part]:
    study, run = result.study, result.length.run
    rows = [
        ("line", study.line),
        *((name, f"{value:g}" if isinstance(value, float) else str(value)) for name, value in run.items()),
    ]
    rows += [("hash of the line", str(result.provenance.get("hash", "-"))[:16])]
    rows += [(name, str(version)) for name, version in dict(result.provenance.get("versions", {})).items()]
    yield Table("Runs (times in s)", ("what", "value"), rows, left=(0, 1))
    changes = [(s.name, in_words(s.changes) or "nothing") for s in (study.baseline, *study.scenarios)]
    yield Table("What was set", ("scenario", "changes"), changes, left=(0, 1))
    yield Code(f"linetwin whatif {study.name} --report {study.name}.html")
