"""What the guard is worth: bad predictions that it flags beyond each input's range, and good ones inside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from surrogates.guard import Guard
from surrogates.guard_report import Flags, GuardReport, guard_report
from surrogates.problem import Problem
from surrogates.surrogate import Surrogate
from surrogates.trusted.shown import unit_of

__all__ = ["box_alone", "guarded", "possible"]

COLDEST = 223.15
"""No plant is colder [K]: -50 degC."""


def guarded(surrogate: Surrogate, x: np.ndarray, *, cases: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Errors and flags inside and at +10, 25 and 50 % beyond each input, and beyond all at once.

    A prediction is bad where its error is over three times the 95th percentile of the errors inside, in any output.
    The prediction is that of the member that works in a line.

    Args:
        surrogate: with its guard.
        x: fresh points inside [case, input], SI.
        cases: for each input and share.
        seed: of the draws.

    Returns:
        The block "guard" of a card.
    """
    whole, box = (_report(surrogate, guard, x, cases, seed) for guard in (surrogate.guard, box_alone(surrogate.guard)))
    share, low, high = whole.false_flags
    total = whole.total
    return {
        "false_flags": share,
        "false_flags_ci95": [low, high],
        "inside_bad": whole.inside.bad,
        "inside_bad_caught": whole.inside.recall if whole.inside.bad else None,
        "rows": [_row(flags) for flags in whole.beyond],
        "recall": total.recall,
        "recall_ci95": list(whole.recall[1:]),
        "recall_without_box": total.recall_unboxed,
        "box_only": {
            "recall": box.total.recall,
            "false_flags": box.false_flags[0],
            "inside_bad_caught": box.inside.recall if box.inside.bad else None,
        },
    }


def possible(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Low and high [input] beyond which there is no truth: what is positive stays so, and no plant is too cold.

    Args:
        problem: whose inputs.

    Example:
        >>> from surrogates.problem import problem_of
        >>> from twin.physics import Oven
        >>> possible(problem_of(Oven()))[0].round(2)
        array([223.15, 223.15, 0. , 223.15, 0. , 223.15])
    """
    low = []
    for about in problem.inputs.values():
        if unit_of(about).dimension == "[temperature]":
            low.append(COLDEST)
        elif about.low > 0:
            low.append(1e-9 * (about.high - about.low))
        else:
            low.append(0.0 if about.low == 0 else -np.inf)
    return np.asarray(low), np.full(len(low), np.inf)


def box_alone(guard: Guard) -> Guard:
    """The same guard, of which the box alone flags."""
    return replace(guard, limits=np.full(3, 1e300))


def _report(surrogate: Surrogate, guard: Guard, x: np.ndarray, cases: int, seed: int) -> GuardReport:
    problem = surrogate.problem
    return guard_report(
        guard,
        problem.truth,
        surrogate.members,
        predict=surrogate.predict,
        low=problem.low,
        high=problem.high,
        inside=x,
        possible=possible(problem),
        names=tuple(problem.inputs),
        cases=cases,
        seed=seed,
    )


def _row(flags: Flags) -> dict[str, Any]:
    return {
        "where": flags.where.replace("%", " %"),
        "cases": flags.cases,
        "bad": flags.bad,
        "recall": flags.recall if flags.bad else None,
        "recall_without_box": flags.recall_unboxed if flags.bad else None,
        "flagged": flags.flagged / flags.cases if flags.cases else None,
    }
