"""An optimum as one HTML file: what to set, what it is worth, how it was proved, what the conditions cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios.compare import said
from scenarios.figures import FIGURES, unit_words
from scenarios.optimum import Optimum
from scenarios.study import Study
from scenarios.study_console import figure_said
from scenarios.tables import number
from surrogates.pages.content import Code, Part, Plot, Plots, Points, Section, Table, Verdict, Verdicts
from surrogates.pages.page import as_page
from viz.drawing import Axis, Series, plane

__all__ = ["optimum_page"]


def optimum_page(study: Study, found: Optimum) -> str:
    """The page."""
    sections = [
        Section("answer", "Answer", list(_answer(found))),
        Section("set", "What to set", list(_setpoints(found))),
        Section("search", "The search", list(_search(found))),
        Section("how", "How this was found", list(_how(study, found))),
    ]
    return as_page(study.name, study.question or f"What is best, on the line {study.line}?", sections)


def _answer(found: Optimum) -> Iterator[Part]:
    differences = found.difference
    told = [f"{FIGURES[aim.kpi].words}: {differences[aim.kpi].words()}" for aim in found.aims if aim.kpi in differences]
    yield Points(told)
    everywhere = found.everywhere
    yield Verdicts([verdict for place, own in everywhere.items() for verdict in _verdicts(own, place)])
    title = f"Proved on first principles with fresh random numbers ({found.proof.replications} replications)"
    for place, own in everywhere.items():
        yield Table(title + place, ("figure", "now", "best", "difference"), _figures(own), left=(0, 3))
    for name, gap in found.gap.items():
        figure = found.after.figures.get(name)
        unit = "" if figure is None else unit_words(name, figure.unit)
        yield (
            f"The search itself promised {said(abs(gap))}{unit} {'more' if gap > 0 else 'less'} of"
            f" {FIGURES[name].words} than the proof kept."
        )


def _verdicts(found: Optimum, place: str) -> Iterator[Verdict]:
    for one in found.conditions:
        value = figure_said(one.kpi, found.after.figures.get(one.kpi))
        price = found.prices().get(one.text, "") if not place else ""
        yield Verdict(one.text + place, f"{value}. {price}".strip(), found.kept[one.text])


def _figures(found: Optimum) -> list[tuple[str, str, str, str]]:
    differences = found.difference
    named = dict.fromkeys([*(a.kpi for a in found.aims), *(c.kpi for c in found.conditions), *differences])
    rows = []
    for name in named:
        if name in differences and name in FIGURES:
            before, after = (figure_said(name, o.figures.get(name)) for o in (found.before, found.after))
            rows.append((FIGURES[name].words, before, after, differences[name].words()))
    return rows


def _setpoints(found: Optimum) -> Iterator[Part]:
    rows = [
        (path, number(point.before), number(point.value), point.unit, "proposal for a trial" if point.proposal else "")
        for path, point in found.best.items()
    ]
    yield Table("Setpoints", ("setpoint", "now", "best", "unit", ""), rows, left=(0, 3, 4))


def _search(found: Optimum) -> Iterator[Part]:
    aim = found.aims[0]
    history = [(count, aim.sign * value * found.scale[aim.kpi]) for count, value in found.found.history]
    known = [(count, value) for count, value in history if np.isfinite(value)]
    figure = found.after.figures.get(aim.kpi)
    unit = "" if figure is None else unit_words(aim.kpi, figure.unit)
    plots = []
    if len(known) > 1 and found.found.front is None:
        x, y = zip(*known, strict=True)
        series = Series("", list(x), list(y), line=True, mark="")
        drawn = plane(
            [series], x=Axis("evaluations"), y=Axis(f"{FIGURES[aim.kpi].words}{unit}"), alt="course of the search"
        )
        plots.append(Plot("Best that keeps all conditions", drawn))
    if found.found.front is not None and len(found.aims) > 1:
        _, means = found.found.front
        x, y = (
            [one.sign * float(v) * found.scale[one.kpi] for v in means[:, k]] for k, one in enumerate(found.aims[:2])
        )
        words = [FIGURES[one.kpi].words for one in found.aims[:2]]
        drawn = plane([Series("", x, y, line=True)], x=Axis(words[0]), y=Axis(words[1]), alt="Pareto front")
        plots.append(Plot("Pareto front: nothing is better in both", drawn))
    yield Plots(plots)
    yield f"{found.found.evaluations} evaluations."


def _how(study: Study, found: Optimum) -> Iterator[Part]:
    run = {"search": study.length.run, "proof": found.proof.run}
    rows = [(name, ", ".join(f"{k} {v:g}" for k, v in words.items())) for name, words in run.items()]
    yield Table("Runs (times in s)", ("what", "length"), rows, left=(0, 1))
    yield Code(f"linetwin optimise {study.name} --report {study.name}.html")
