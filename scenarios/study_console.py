"""A study in a terminal: what was asked, what differs, what may be claimed."""

from __future__ import annotations

from scenarios.changes import in_words
from scenarios.compare import Difference, said
from scenarios.figures import FIGURES, unit_words
from scenarios.outcome import Outcome
from scenarios.study import Sweep, load_study, studies
from scenarios.study_result import StudyResult
from scenarios.tables import console, number, paragraph, span, table
from twin.figures import Figure

__all__ = ["figure_said", "show_result", "show_studies"]

MOST_POINTS = 10
"""Points of a sweep that are shown: the best of it."""


def show_studies() -> None:
    """List the studies that ship."""
    rows = [(name, load_study(file).question.partition("\n")[0]) for name, file in studies().items()]
    out = console()
    out.print(table("Studies of the library", ("name", "question"), rows, left=(0, 1)))
    out.print("Run one by its name, or write your own: linetwin whatif buffers --report buffers.html", soft_wrap=True)


def show_result(result: StudyResult) -> None:
    """Print the study."""
    out, study, length = console(), result.study, result.length
    out.print(paragraph(study.name, [study.question] if study.question else [study.line]))
    time = span(length.horizon) if length.horizon is not None else f"{length.parts} good parts"
    warm = f" with {span(length.warmup)} of warm-up" if length.warmup else ""
    out.print(paragraph(study.line, [time + warm, f"{length.replications} replications", f"seed {length.seed}"]))
    out.print()
    out.print(_baseline(result))
    for outcome, scenario in zip(result.scenarios, study.scenarios, strict=True):
        out.print()
        title = outcome.name + (f": {scenario.note}" if scenario.note else "")
        out.print(_scenario(result, outcome, title))
        out.print(f"  {in_words(scenario.changes)}", style="dim", soft_wrap=False)
    for sweep in study.sweeps:
        out.print()
        out.print(_sweep(result, sweep))
    if study.conditions:
        out.print()
        out.print(_chances(result))
    if result.scenarios and length.replications > 1:
        out.print()
        out.print(_footnote(result))


def figure_said(name: str, figure: Figure | None) -> str:
    """Mean and half-width of a figure with its unit."""
    if figure is None or figure.value is None:
        return "-"
    percent = name in FIGURES and FIGURES[name].percent
    scale, unit = (100.0, "%") if percent else (1.0, unit_words(name, figure.unit).strip())
    if figure.ci95 is None:
        return f"{number(scale * figure.value)} {unit}".strip()
    half = scale * (figure.ci95[1] - figure.ci95[0]) / 2
    return f"{said(scale * figure.value, like=half)} ± {said(half)} {unit}".strip()


def _words(name: str) -> str:
    return FIGURES[name].words if name in FIGURES else name


def _baseline(result: StudyResult):
    rows = [(_words(name), figure_said(name, result.baseline.figures[name])) for name in result.shown]
    return table(f"{result.baseline.name} (mean ± half of the 95 % interval)", ("figure", "value"), rows, left=(0, 1))


def _scenario(result: StudyResult, outcome: Outcome, title: str):
    differences = result.difference(outcome)
    rows = []
    for name in result.shown:
        difference = differences.get(name)
        figure = outcome.figures.get(name)
        value = "-" if figure is None or figure.value is None else figure_said(name, figure).partition(" ±")[0]
        rows.append((_words(name), value, _mark(difference), "-" if difference is None else difference.words()))
    return table(title, ("figure", "value", "", "difference to the baseline"), rows, left=(0, 2, 3))


def _mark(difference: Difference | None) -> str:
    """Better or worse, where it may be said."""
    return "" if difference is None else {1: "better", -1: "worse", 0: ""}[difference.good]


def _sweep(result: StudyResult, sweep: Sweep):
    outcomes, shown = result.sweeps[sweep.name], result.shown[:3]
    order = list(range(len(outcomes)))
    if shown:
        sign = -1 if FIGURES[shown[0]].better > 0 else 1
        values = [_value(outcome, shown[0]) for outcome in outcomes]
        order.sort(key=lambda k: (values[k] != values[k], sign * values[k]))
    paths = list(dict.fromkeys(path for point in sweep.points for path in point))
    rows = []
    for k in order[:MOST_POINTS]:
        point = "\n".join(f"{path} = {sweep.points[k][path]}" for path in paths if path in sweep.points[k])
        rows.append((str(k + 1), point, *(figure_said(name, outcomes[k].figures.get(name)) for name in shown)))
    best = f", the best {MOST_POINTS} of {len(outcomes)} by {_words(shown[0])}" if len(outcomes) > MOST_POINTS else ""
    return table(f"{sweep.name}{best}", ("point", "set", *(_words(name) for name in shown)), rows, left=(1,))


def _value(outcome: Outcome, name: str) -> float:
    figure = outcome.figures.get(name)
    return float("nan") if figure is None else float(figure.mean)


def _chances(result: StudyResult):
    rows = []
    for outcome in (result.baseline, *result.scenarios):
        for chance in result.chances(outcome):
            low, high = (f"{100 * end:.0f}" for end in chance.ci95)
            rows.append((outcome.name, chance.text, f"{100 * chance.share:.0f} %", f"{low} to {high}"))
    return table("How probable it is", ("case", "condition", "probability", "95 % interval"), rows, left=(0, 1))


def _footnote(result: StudyResult) -> str:
    shrunk = [
        found.shrunk
        for outcome in result.scenarios
        for name, found in result.difference(outcome).items()
        if name in result.shown and found.shrunk is not None
    ]
    words = f"All {result.family} differences hold at once in 95 % of studies (paired, Bonferroni)."
    if shrunk:
        words += f" Common random numbers make their intervals {min(shrunk):.1f} to {max(shrunk):.1f} times narrower."
    return words
