"""Train a surrogate again as it was trained, with another seed, fewer cases, or without its formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from surrogates.fit import Recipe
from surrogates.problem import Problem, estimate_of
from surrogates.surrogate import Surrogate
from surrogates.training import train
from twin.physics import FAMILIES

__all__ = ["recipe_of", "trained_again", "with_structure"]


def recipe_of(surrogate: Surrogate) -> Recipe:
    """How a surrogate was trained.

    Raises:
        ValueError: it does not say.
    """
    said: Any = surrogate.about.get("recipe")
    if not isinstance(said, Mapping) or "cases" not in surrogate.about:
        rule = "it does not say how it was trained, so it cannot be trained again"
        raise ValueError(f"surrogate {surrogate.problem.name!r}: {rule}. Use one that `linetwin train` made.")
    known = {field.name for field in fields(Recipe)}
    return Recipe(**{**{name: said[name] for name in said if name in known}, "hidden": tuple(said["hidden"])})


def with_structure(problem: Problem, structure: bool) -> Problem | None:
    """The same problem with the family's rough formula for the networks to correct, or without; None if it has none."""
    if not structure:
        return replace(problem, rough=None)
    if problem.rough is not None:
        return problem
    family = FAMILIES.get(problem.name)
    if family is None or problem.numbers is None:
        return None
    rough = estimate_of(family(**problem.numbers))
    return replace(problem, rough=rough) if rough else None


def trained_again(
    surrogate: Surrogate, *, recipe: Recipe, cases: int | None = None, problem: Problem | None = None
) -> Surrogate:
    """Train anew on the same box.

    Args:
        surrogate: whose box and design count.
        recipe: how, see `recipe_of`.
        cases: how many; None for as many as before.
        problem: another form of the problem, see `with_structure`.
    """
    about = surrogate.about
    count, kind = int(about["cases"]) if cases is None else cases, str(about.get("design", "sobol"))
    return train(problem or surrogate.problem, cases=count, recipe=recipe, kind=kind)
