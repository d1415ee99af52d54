"""Better setpoints, with proof: a search on the line, then the same figures on first principles and fresh numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from scenarios.search.problem import Found
from scenarios.search.robust import Robust
from scenarios.study import with_networks
from scenarios.sweep import Range, read_range
from scenarios.variables import integer_of, variable_of
from twin.errors import RuleError
from twin.fallback import first_principles
from twin.figures import Figure
from twin.line import Line

if TYPE_CHECKING:
    from scenarios.study import Study

__all__ = ["optimise", "optimise_study"]

OUTSIDE = 0.01
"""Most visits outside of where a surrogate may be trusted, as a share of good parts, in a search on surrogates."""

FRESH = 1_000_003
"""Added to the seed for the verification."""

_WORDS = ("before", "after")

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
    over: Mapping[str, Mapping[str, Any]] | None = None,
    tail: float = 1.0,
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
        over: scenarios (of demand, tariff, failures) that the same numbers have to serve: name -> changes of the line
            file, see `scenarios.changes`.
        tail: what of the line and its scenarios counts for the aim, the worst first: 1 their mean, 0 the worst alone,
            0.2 the mean of the worst fifth. Conditions are kept in all of them.
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
    base: Any = line if original is None else original.line
    length = Length(horizon, parts, warmup, warmup_parts, replications, seed)
    if (horizon is None) == (parts is None):
        raise OptionError("optimise: a run needs either horizon or parts. Give for example horizon=8 * 3600.")
    if over and original is None:
        raise OptionError("optimise: scenarios in `over` change the line file. Give its name in place of a line.")
    try:
        asked = _Asked(
            [Aim(name) for name in _names(minimise)] + [Aim(name, -1.0) for name in _names(maximise)],
            [condition(text) for text in subject_to],
            {path: read_range(path, own) for path, own in _table(setpoints, window).items()},
            {path: read_range(path, own) for path, own in (integers or {}).items()},
            length, method, evaluations, starts, verify, budgets, surrogates, prices, tail,
        )  # fmt: skip
    except RuleError as fault:
        subject = fault.subject or "what is asked cannot be used"
        raise OptionError(f"{subject}; {fault.rule}. {fault.remedy}.") from None
    others = [] if original is None else [_place(original, name, own) for name, own in (over or {}).items()]
    return _optimised(asked, _Place("before", base, original), None, others, progress)


def optimise_study(study: Study, *, progress: Progress | None = None) -> Optimum:
    """What the table [optimise] of a study asks for: from the scenario it is based on, compared with the baseline.

    Raises:
        OptionError: the study has none, or it cannot be used.
        LineError: the line cannot be read or simulated.
    """
    table = study.optimise
    if table is None:
        raise OptionError(f"{study.name}: there is nothing to optimise. Add a table [optimise], see docs/studies.md.")
    original = Original(study.line)
    changes = {one.name: one.changes for one in (study.baseline, *study.scenarios)}
    try:
        now, begin = (
            _place(original, name, changes[name])
            for name in (study.baseline.name, table.based_on or study.baseline.name)
        )
        asked = _Asked(
            [Aim(name) for name in table.minimise] + [Aim(name, -1.0) for name in table.maximise],
            table.subject_to, table.setpoints, table.integers, study.length, table.method, table.evaluations,
            table.starts, table.verify or max(64, study.length.replications),
            [Budget(tuple(one.of), one.most) for one in table.budget], study.surrogates, study.prices, table.tail,
        )  # fmt: skip
        others = [_place(original, name, changes[name]) for name in table.over]
        return _optimised(asked, begin, now if table.based_on else None, others, progress)
    except OptionError as fault:
        raise OptionError(f"{study.name}: {fault}") from None


@dataclass(frozen=True)
class _Asked:
    """What is asked of the search; see `optimise`."""

    aims: Sequence[Aim]
    conditions: Sequence[Condition]
    ranges: Mapping[str, Range]
    whole: Mapping[str, Range]
    length: Length
    method: str
    evaluations: int
    starts: int
    verify: int
    budgets: Sequence[Budget]
    surrogates: bool
    prices: Prices | None
    tail: float

    def check(self) -> None:
        """Nothing, if there is something to do."""
        if not self.aims:
            raise OptionError('there is no aim. Give for example minimise="energy_per_good_part".')
        for aim in self.aims:
            known(aim.kpi)
        if not self.ranges and not self.whole:
            raise OptionError("nothing may be moved. Name setpoints, or integers such as buffers.")
        for budget in self.budgets:
            for path in budget.of:
                if path not in self.ranges and path not in self.whole:
                    raise OptionError(
                        f"the budget names {path!r}, which is not moved. Add it to integers or setpoints."
                    )


@dataclass(frozen=True)
class _Place:
    """A line in which the numbers are moved: the baseline or a scenario."""

    name: str
    line: Line
    original: Original | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)

    def problem(self, asked: _Asked, baseline: Mapping[str, Figure | None] | None = None) -> LineProblem:
        """What is asked, in this line."""
        variables = [variable_of(self.line, path, own, self.values.get(path)) for path, own in asked.ranges.items()]
        variables += [integer_of(self.original, path, own) for path, own in asked.whole.items()]
        return LineProblem(
            with_networks(self.line) if asked.surrogates else self.line,
            variables,
            asked.aims,
            asked.conditions,
            asked.length,
            budgets=asked.budgets,
            prices=asked.prices,
            fixed={path: value for path, value in self.values.items() if path not in asked.ranges},
            change=lambda numbers: self._changed(numbers, asked.surrogates),
            outside=OUTSIDE,
            baseline=baseline,
        )

    def _changed(self, numbers: Mapping[str, int], surrogates: bool) -> Line:
        if self.original is None:
            raise OptionError("integers change the line file; give its name in place of a line.")
        changed = self.original.changed({**self.changes, **numbers}, option="optimise:").line
        return with_networks(changed) if surrogates else changed


def _place(original: Original, name: str, changes: Mapping[str, Any]) -> _Place:
    changed = original.changed(changes, option=f"{name}:")
    return _Place(name, changed.line, original, changes, changed.setpoints)


def _optimised(
    asked: _Asked, begin: _Place, now: _Place | None, others: Sequence[_Place], progress: Progress | None
) -> Optimum:
    """Search from `begin`, in `others` at once if there are any, then prove; `now` is compared with, if not `begin`."""
    from scenarios.search import search  # noqa: PLC0415  libraries that take a second

    asked.check()
    length, seed = asked.length, asked.length.seed
    baseline = None
    if now is not None:
        run = evaluate([Case("before", now.line, now.values)], length)[0]
        baseline = Outcome.of("before", run, asked.prices).figures
    problems = [begin.problem(asked, baseline), *(place.problem(asked) for place in others)]
    told = None if progress is None else (lambda share: progress("Searching", share))
    found = search(
        Robust(problems, tail=asked.tail) if others else problems[0], asked.method, evaluations=asked.evaluations,
        starts=asked.starts, seed=seed, progress=told,
    )  # fmt: skip
    proof = replace(length, replications=asked.verify, seed=seed + FRESH)
    told = None if progress is None else (lambda share: progress("Proving", share))
    pairs = [(problem.at(problem.start), problem.at(found.point)) for problem in problems]
    if now is not None:
        pairs[0] = ((now.line, now.values), pairs[0][1])
    cases = [
        Case(word, first_principles(line), own)
        for pair in pairs
        for word, (line, own) in zip(_WORDS, pair, strict=True)
    ]
    proved = [
        Outcome.of(c.name, k, asked.prices) for c, k in zip(cases, evaluate(cases, proof, progress=told), strict=True)
    ]
    one, *rest = (
        _optimum(asked, problem, proved[2 * k], proved[2 * k + 1], proof, found) for k, problem in enumerate(problems)
    )
    return replace(one, elsewhere={place.name: own for place, own in zip(others, rest, strict=True)})


def _optimum(
    asked: _Asked, problem: LineProblem, before: Outcome, after: Outcome, proof: Length, found: Found
) -> Optimum:
    """What was found, as it is in one line."""
    start = Outcome("start", problem.baseline)
    searched = Outcome("best", problem.figures(found.point[None])[0])
    best = {
        variable.path: Point(
            variable.shown(float(value)), variable.unit, float(value), variable.shown(variable.start),
            proposal=not variable.is_released(float(value)),
        )
        for variable, value in zip(problem.variables, found.point, strict=True)
    }  # fmt: skip
    aims, conditions = tuple(asked.aims), tuple(asked.conditions)
    return Optimum(best, aims, conditions, before, after, start, searched, proof, found, problem.scale)


def _names(names: str | Sequence[str]) -> list[str]:
    found = [names] if isinstance(names, str) else list(names)
    for name in found:
        known(name)
    return found


def _table(setpoints: Sequence[str] | Mapping[str, Any], window: str) -> dict[str, Any]:
    return dict(setpoints) if isinstance(setpoints, Mapping) else dict.fromkeys(setpoints, window)
