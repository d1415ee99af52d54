"""An optimum in a terminal: what to set, what it is worth, what was proved."""

from __future__ import annotations

from scenarios.compare import said
from scenarios.figures import FIGURES, unit_words
from scenarios.optimum import Optimum, Point
from scenarios.study import Study
from scenarios.study_console import figure_said
from scenarios.tables import console, number, paragraph, table

__all__ = ["show_optimum"]


def show_optimum(study: Study, found: Optimum) -> None:
    """Print the optimum."""
    out = console()
    out.print(paragraph(study.name, [study.question] if study.question else [study.line]))
    aims = [("least " if aim.sign > 0 else "most ") + FIGURES[aim.kpi].words for aim in found.aims]
    out.print(paragraph("Sought", [" and ".join(aims), *(one.text for one in found.conditions)]))
    out.print()
    rows = [(path, number(p.before), number(p.value), p.unit, _mark(p)) for path, p in found.best.items()]
    out.print(table("What to set", ("setpoint", "now", "best", "unit", ""), rows, left=(0, 3, 4)))
    if any(point.proposal for point in found.best.values()):
        out.print("* outside of the released window: a proposal for a trial, not for production", style="dim")
    out.print()
    differences = found.difference
    named = dict.fromkeys([*(a.kpi for a in found.aims), *(c.kpi for c in found.conditions), *study.show])
    rows = []
    for name in named:
        if name in differences:
            before, after = (figure_said(name, outcome.figures.get(name)) for outcome in (found.before, found.after))
            rows.append(
                (FIGURES[name].words, before.partition(" ±")[0], after.partition(" ±")[0], differences[name].words())
            )
    count, seed = found.proof.replications, found.proof.seed
    title = f"Proved on first principles with fresh random numbers ({count} replications, seed {seed})"
    out.print(table(title, ("figure", "now", "best", "difference"), rows, left=(0, 3)))
    out.print()
    for place, own in found.everywhere.items():
        if place:
            differences = own.difference
            told = [f"{FIGURES[name].words} {differences[name].words()}" for name in named if name in differences]
            out.print(paragraph("In" + place.removeprefix(", in"), told))
        for text, kept in own.kept.items():
            out.print(paragraph("Kept" if kept else "NOT KEPT", [text + place]))
    for text, price in found.prices().items():
        out.print(paragraph("Price", [f"{text}: {price}"]))
    for name, gap in found.gap.items():
        searched = found.searched.figures.get(name)
        unit = "" if searched is None else unit_words(name, searched.unit)
        words = f"the search promised {said(abs(gap))}{unit} {'more' if gap > 0 else 'less'} than was proved"
        out.print(paragraph(f"Gap in {FIGURES[name].words}", [words if gap else "none"]))
    if found.found.front is not None:
        out.print()
        out.print(_front(found))
    out.print(paragraph("Search", [f"{found.found.evaluations} evaluations"]))


def _mark(point: Point) -> str:
    return "*" if point.proposal else ""


def _front(found: Optimum):
    points, means = found.found.front or ((), ())
    rows = []
    for point, row in zip(points, means, strict=True):
        values = [number(aim.sign * float(row[k]) * found.scale[aim.kpi]) for k, aim in enumerate(found.aims)]
        named = zip(found.best, point, strict=True)
        rows.append((*values, ", ".join(f"{path} = {number(float(value))}" for path, value in named)))
    heads = (*(FIGURES[aim.kpi].words for aim in found.aims), "setpoints, SI")
    return table("Front of points that nothing else beats in all aims", heads, rows, left=(len(found.aims),))
