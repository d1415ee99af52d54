"""Trust cards: what a surrogate may be trusted with, measured against the solver that it replaces."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from surrogates.bundle import save
from surrogates.explain import Effort
from surrogates.fit import Recipe
from surrogates.problem import Problem
from surrogates.surrogate import Surrogate
from surrogates.trusted.accuracy import accuracy
from surrogates.trusted.again import recipe_of, trained_again
from surrogates.trusted.bounds import bounds
from surrogates.trusted.conservation import conservation
from surrogates.trusted.covered import covered
from surrogates.trusted.decision import decision
from surrogates.trusted.efficiency import SHARES, efficiency
from surrogates.trusted.explained import curves_of, explained
from surrogates.trusted.exported import exported
from surrogates.trusted.guarded import guarded
from surrogates.trusted.laws import laws
from surrogates.trusted.points import edged, fresh
from surrogates.trusted.scaled import jacobians_of_both
from surrogates.trusted.shown import about_input, about_output
from surrogates.trusted.slopes import slopes
from surrogates.trusted.speed import speed
from surrogates.trusted.verdicts import verdicts
from twin.store import plain, versions

__all__ = ["SCHEMA", "trust"]

SCHEMA = 1
"""Version of the card."""

Progress = Callable[[str, int, int], None]
EXPLAIN = Effort()


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes:
        fresh: points for errors, coverage and false flags.
        edged: points for bounds.
        guard: cases of each input and share beyond.
        visits: for conservation.
        slopes: points for gradients and laws.
        rounds: of timing.
        least: CPU time of each timing [s].
        starts: of the choice of setpoints.
        explain: of the explanation; None leaves it out.
        shares: of the cases, for data efficiency.
        cases, recipe: of trainings for other seeds and shares; None for those of the surrogate.
    """

    fresh: int = 5000
    edged: int = 20_000
    guard: int = 1000
    visits: int = 10_000
    slopes: int = 5000
    rounds: int = 9
    least: float = 0.05
    starts: int = 8
    explain: Effort | None = EXPLAIN
    shares: tuple[float, ...] = SHARES
    cases: int | None = None
    recipe: Recipe | None = None


DEAR = Extent(fresh=2000, edged=5000, guard=200, slopes=500, rounds=3, starts=2, shares=(0.1, 1.0))
"""Where a solver takes more than `LONG`: a quarter of an hour instead of more than one."""
LONG = 0.5e-3
"""CPU seconds of a case, many at once, beyond which a solver is dear."""
QUICK = Extent(
    fresh=1000,
    edged=1000,
    guard=100,
    visits=1000,
    slopes=500,
    rounds=7,
    least=0.002,
    starts=2,
    explain=None,
    shares=(0.1, 1.0),
    cases=256,
    recipe=Recipe(hidden=(8,), members=2, steps=200, finish=0, chunk=100),
)
"""To try a card: a few seconds, and figures of other seeds that come from tiny trainings."""


def trust(
    surrogate: Surrogate,
    *,
    seeds: int = 5,
    quick: bool = False,
    trees: bool = True,
    command: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure what a surrogate may be trusted with.

    Accuracy over seeds beside baselines, data efficiency with and without the family's formula, the guard, heat that
    adds up, laws, bounds, coverage, gradients, a choice of setpoints, speed, export, and what moves the outputs. All on
    points that neither training nor calibration has seen; other seeds are trained anew, like the surrogate itself. A
    solver that is dear is asked less often.

    Args:
        surrogate: learned from a family's solver.
        seeds: number of seeds, 1 or more; the surrogate is the first of them.
        quick: whether to measure little, to try it: other seeds are then of tiny trainings, and their figures mean
            nothing for this surrogate.
        trees: whether boosted trees are among the baselines, which takes scikit-learn.
        command: that made the card, for the card.
        progress: called before each step with what comes, how many steps are done, and how many there are.

    Returns:
        The card: values that JSON knows; numbers in the units that are shown, blocks None where not measured.

    Raises:
        ValueError: there is no solver to compare with, it does not say how it was trained, or seeds is below 1.
        ImportError: scikit-learn is missing.
    """
    _refuse(surrogate, seeds, trees)
    begin, problem = time.process_time(), surrogate.problem
    much = QUICK if quick else DEAR if _seconds(problem) > LONG else Extent()
    recipe = much.recipe or recipe_of(surrogate)
    steps = _Steps(progress, 12 + (seeds - 1) + 2 * len(much.shares) * seeds)
    x = fresh(problem, much.fresh)
    trained = [surrogate]
    for k in range(1, seeds):
        steps.next(f"training with seed {recipe.seed + k}")
        trained.append(trained_again(surrogate, recipe=replace(recipe, seed=recipe.seed + k), cases=much.cases))
    steps.next("accuracy")
    card: dict[str, Any] = {"accuracy": accuracy(trained, x, trees=trees)}
    card["efficiency"] = efficiency(
        surrogate,
        x,
        seeds=seeds,
        recipe=much.recipe,
        cases=much.cases,
        shares=much.shares,
        trained=() if quick else trained,
        progress=lambda: steps.next("data efficiency"),
    )
    steep = lru_cache(lambda: jacobians_of_both(problem, surrogate.one, fresh(problem, much.slopes, seed=1)))
    parts: dict[str, Callable[[], Any]] = {
        "guard": lambda: guarded(surrogate, x, cases=much.guard),
        "conservation": lambda: conservation(surrogate, cases=much.visits),
        "laws": lambda: laws(problem, *steep()),
        "bounds": lambda: bounds(problem, surrogate.predict, edged(problem, much.edged)),
        "coverage": lambda: covered(surrogate, x),
        "gradients": lambda: slopes(problem, *steep()),
        "decision": lambda: decision(surrogate, starts=much.starts),
        "speed": lambda: speed(surrogate, rounds=much.rounds, least=much.least),
        "export": lambda: exported(surrogate, x[:1000]),
        "explain": lambda: explained(surrogate, x[:1000], effort=much.explain) if much.explain else None,
    }
    for name, measure in parts.items():
        steps.next(name)
        card[name] = measure()
    card["curves"] = curves_of(surrogate, card["explain"]) if card["explain"] else None
    steps.next("done")
    head = {"schema": SCHEMA, "surrogate": _about(surrogate), "versions": versions(), "seed": recipe_of(surrogate).seed}
    head |= {"quick": quick, "command": command, "seconds": time.process_time() - begin}
    return plain(head | card | {"verdicts": verdicts(card)})


def _refuse(surrogate: Surrogate, seeds: int, trees: bool) -> None:
    """What cannot be measured is refused before the long work."""
    name = surrogate.problem.name
    if surrogate.problem.solve is None:
        rule = "it was learned from a table, and a card compares with a solver"
        raise ValueError(f"surrogate {name!r}: {rule}. Compare it with `surrogates.compare` instead.")
    if seeds < 1:
        raise ValueError(f"seeds is {seeds}; the surrogate is the first of 1 or more. Use 5.")
    recipe_of(surrogate)
    if trees:
        try:
            import sklearn  # noqa: F401, PLC0415 - an extra, and 1 s to import
        except ImportError as error:
            raise ImportError(
                "scikit-learn is not installed; the baseline of boosted trees needs it. "
                "Use 'pip install linetwin[trust]', or leave the trees out."
            ) from error


def _seconds(problem: Problem) -> float:
    """CPU time of one case of many [s]."""
    x = fresh(problem, 256)
    problem.truth(x)
    begin = time.process_time()
    problem.truth(x)
    return (time.process_time() - begin) / len(x)


def _about(surrogate: Surrogate) -> dict[str, Any]:
    """Which surrogate it is, with the hash of its file."""
    problem = surrogate.problem
    with tempfile.TemporaryDirectory() as folder:
        digest = hashlib.sha256(save(surrogate, Path(folder) / "one.surrogate").read_bytes()).hexdigest()
    return {
        "problem": problem.name,
        "inputs": {name: about_input(about) for name, about in problem.inputs.items()},
        "outputs": {name: about_output(about, log=name in problem.logs) for name, about in problem.outputs.items()},
        "sizes": list(surrogate.ensemble.sizes),
        "members": surrogate.ensemble.count,
        "structure": problem.rough is not None,
        "cases": surrogate.about.get("cases"),
        "recipe": surrogate.about.get("recipe"),
        "sha256": digest,
    }


class _Steps:
    """Counts the steps of a card."""

    def __init__(self, progress: Progress | None, count: int) -> None:
        self.progress, self.count, self.done = progress, count, -1

    def next(self, what: str) -> None:
        """One more begins."""
        self.done = min(self.done + 1, self.count)
        if self.progress:
            self.progress(what, self.done, self.count)
