"""Better setpoints, with proof: a search on the line, then the same figures on first principles and fresh numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.cases import Case, evaluate
from scenarios.changes import Original
from scenarios.conditions import Condition, condition
from scenarios.figures import known
from scenarios.length import Length
from scenarios.line_problem import Aim, Budget, LineProblem
from scenarios.optimum import Optimum, Point
from scenarios.options import OptionError
from scenarios.outcome import Outcome, Prices
from scenarios.study import with_networks
from scenarios.sweep import Range, read_range
from scenarios.variables import integer_of, variable_of
from twin.errors import RuleError
from twin.fallback import first_principles
from twin.line import Line

if TYPE_CHECKING:
    from scenarios.study import Study

__all__ = ["optimise", "optimise_study"]

OUTSIDE = 0.01
"""Most visits outside of where a surrogate may be trusted, as a share of good parts, in a search on surrogates."""

_FRESH = 1_000_003
"""Added to the seed for the verification."""

Progress = Callable[[str, float], None]


def optimise(
    line: Line | str | Path,
    *,
    minimise: str | Sequence[str] = (),
    maximise: str | Sequence[str] = (),
    subject_to: Sequence[str] = (),
    setpoints: Sequence[str] | Mapping[str, Any] = (),
    integers: Mapping[str, Any] | None = None,
    budgets: Sequence[Budget] = (),
    horizon: float | None = None,
    parts: int | None = None,
    warmup: float = 0.0,
    warmup_parts: int = 0,
    replications: int = 16,
    seed: int = 0,
    window: str = "released",
    method: str = "auto",
    evaluations: int = 200,
    starts: int = 3,
    verify: int = 64,
    surrogates: bool = False,
    prices: Prices | None = None,
    progress: Progress | None = None,
) -> Optimum:
    """Find setpoints, and whole numbers such as buffers, that make a figure best and keep conditions.

    Args:
        line: a line, a line file, or the name of a line in the library; `integers` need one of the last two.
        minimise: names of figures (see `twin.kpis`); several of them give a Pareto front.
        maximise: the same, to be made large.
        subject_to: conditions, e.g. "throughput >= 58 1/h", "scrap_rate <= baseline" or "good >= 400 in 95 of 100".
        setpoints: paths, moved in their window; or path -> {"low": "9 s", "high": "14 s"}, or "released", or "machine".
        integers: path -> {"low": 1, "high": 8} or a list of whole numbers, e.g. "S2.buffer".
        budgets: limits on sums of what is moved, e.g. `Budget(("S2.buffer", "S3.buffer"), 6)`.
        horizon: end of the runs of the search [s]; or
        parts: good parts of these runs, which is where derivatives are defined.
        warmup: beginning of the measured window of a run by time [s].
        warmup_parts: good parts before the measured window of a run by parts.
        replications: of every run of the search.
        seed: of all random numbers.
        window: "released" (approved for production) or "machine", for setpoints without ends of their own; what lies
            outside the released window is marked as a proposal for a trial.
        method: "auto" (gradient for setpoints, integers where there are any, Pareto for several aims), or one of
            `scenarios.search.METHODS`.
        evaluations: of points, at most, the slopes counted with as many as they cost.
        starts: of the gradient method; the first is where the line stands.
        verify: replications of the proof.
        surrogates: search on the networks that ship; the proof is on first principles all the same.
        prices: of parts, for the figure `contribution`.
        progress: called with a word for what is done and the finished share.

    Raises:
        OptionError: an aim, a condition, a path or a window that cannot be used.
        LineError: the line cannot be read or simulated.

    Example:
        >>> found = optimise("reference", maximise="throughput", setpoints={"S3.process.time.mean":
        ...     {"low": 0.8, "high": 1.1}}, parts=300, replications=4, evaluations=40, verify=8)
        >>> round(found.best["S3.process.time.mean"].value, 3)
        0.8
    """
    original = None if isinstance(line, Line) else Original(str(line))
    base: Line = line if isinstance(line, Line) else Original(str(line)).line
    length = Length(horizon, parts, warmup, warmup_parts, replications, seed)
    if (horizon is None) == (parts is None):
        raise OptionError("optimise: a run needs either horizon or parts. Give for example horizon=8 * 3600.")
    try:
        aims = [Aim(name) for name in _names(minimise)] + [Aim(name, -1.0) for name in _names(maximise)]
        conditions = [condition(text) for text in subject_to]
        ranges = {path: read_range(path, own) for path, own in _table(setpoints, window).items()}
        whole = {path: read_range(path, own) for path, own in (integers or {}).items()}
    except RuleError as fault:
        subject = fault.subject or "what is asked cannot be used"
        raise OptionError(f"{subject}; {fault.rule}. {fault.remedy}.") from None
    return _optimised(
        base, original, aims, conditions, ranges, whole, length, method, evaluations, starts, verify, budgets=budgets,
        surrogates=surrogates, prices=prices, progress=progress,
    )  # fmt: skip


def optimise_study(study: Study, *, progress: Progress | None = None) -> Optimum:
    """What the table [optimise] of a study asks for: from the scenario it is based on, compared with the baseline.

    Raises:
        OptionError: the study has none, or it cannot be used.
        LineError: the line cannot be read or simulated.
    """
    asked = study.optimise
    if asked is None:
        raise OptionError(f"{study.name}: there is nothing to optimise. Add a table [optimise], see docs/studies.md.")
    original = Original(study.line)
    begin = next((s for s in study.scenarios if s.name == asked.based_on), study.baseline)
    base = original.changed(begin.changes, option=f"{study.name}: {begin.name}:")
    now = original.changed(study.baseline.changes, option=f"{study.name}: baseline:")
    aims = [Aim(name) for name in asked.minimise] + [Aim(name, -1.0) for name in asked.maximise]
    try:
        return _optimised(
            base.line, original, aims, asked.subject_to, asked.setpoints, asked.integers, study.length,
            asked.method, asked.evaluations, asked.starts, asked.verify or max(64, study.length.replications),
            budgets=[Budget(tuple(one.of), one.most) for one in asked.budget],
            surrogates=study.surrogates, prices=study.prices, progress=progress, base=begin.changes,
            values=base.setpoints, now=None if begin is study.baseline else Case("before", now.line, now.setpoints),
        )  # fmt: skip
    except OptionError as fault:
        raise OptionError(f"{study.name}: {fault}") from None


def _optimised(
    base_line: Line,
    original: Original | None,
    aims: Sequence[Aim],
    conditions: Sequence[Condition],
    ranges: Mapping[str, Range],
    whole: Mapping[str, Range],
    length: Length,
    method: str,
    evaluations: int,
    starts: int,
    verify: int,
    *,
    budgets: Sequence[Budget],
    surrogates: bool,
    prices: Prices | None,
    progress: Progress | None,
    base: Mapping[str, Any] | None = None,
    values: Mapping[str, float] | None = None,
    now: Case | None = None,
) -> Optimum:
    """`now`: what the optimum is compared with, where the search does not begin there."""
    from scenarios.search import search  # noqa: PLC0415  libraries that take a second

    if not aims:
        raise OptionError('there is no aim. Give for example minimise="energy_per_good_part".')
    for aim in aims:
        known(aim.kpi)
    if not ranges and not whole:
        raise OptionError("nothing may be moved. Name setpoints, or integers such as buffers.")
    for budget in budgets:
        for path in budget.of:
            if path not in ranges and path not in whole:
                raise OptionError(f"the budget names {path!r}, which is not moved. Add it to integers or setpoints.")
    fixed = {path: value for path, value in (values or {}).items() if path not in ranges}
    variables = [variable_of(base_line, path, own, (values or {}).get(path)) for path, own in ranges.items()]
    variables += [integer_of(original, path, own) for path, own in whole.items()]
    learned = with_networks(base_line) if surrogates else base_line

    def change(numbers: Mapping[str, int]) -> Line:
        if original is None:
            raise OptionError("integers change the line file; give its name in place of a line.")
        changed = original.changed({**(base or {}), **numbers}, option="optimise:").line
        return with_networks(changed) if surrogates else changed

    problem = LineProblem(
        learned,
        variables,
        aims,
        conditions,
        length,
        budgets=budgets,
        prices=prices,
        fixed=fixed,
        change=change,
        outside=OUTSIDE,
        baseline=None if now is None else Outcome.of("before", evaluate([now], length)[0], prices).figures,
    )
    tell = None if progress is None else (lambda share: progress("Searching", share))
    found = search(problem, method, evaluations=evaluations, starts=starts, seed=length.seed, progress=tell)
    proof = replace(length, replications=verify, seed=length.seed + _FRESH)
    tell = None if progress is None else (lambda share: progress("Proving", share))
    before_it = problem.at(problem.start) if now is None else (now.line, now.values)
    cases = [
        Case(name, first_principles(line), numbers)
        for name, (line, numbers) in (("before", before_it), ("after", problem.at(found.point)))
    ]
    before, after = (
        Outcome.of(case.name, kpis, prices)
        for case, kpis in zip(cases, evaluate(cases, proof, progress=tell), strict=True)
    )
    start = Outcome("start", problem.baseline)
    searched = Outcome("best", problem.figures(found.point[None])[0])
    best = {
        variable.path: Point(
            variable.shown(float(value)), variable.unit, float(value), variable.shown(variable.start),
            proposal=not variable.is_released(float(value)),
        )
        for variable, value in zip(variables, found.point, strict=True)
    }  # fmt: skip
    return Optimum(best, tuple(aims), tuple(conditions), before, after, start, searched, proof, found, problem.scale)


def _names(names: str | Sequence[str]) -> list[str]:
    found = [names] if isinstance(names, str) else list(names)
    for name in found:
        known(name)
    return found


def _table(setpoints: Sequence[str] | Mapping[str, Any], window: str) -> dict[str, Any]:
    return dict(setpoints) if isinstance(setpoints, Mapping) else dict.fromkeys(setpoints, window)
