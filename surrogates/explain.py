"""Everything that explains a model, for one background and some cases, in one value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surrogates.accumulated import accumulated_effects
from surrogates.dependence import Curve, partial_dependence
from surrogates.evaluate import Members, Predict, rows
from surrogates.gradients import IntegratedGradients, integrated_gradients
from surrogates.sensitivity import Sensitivity, sobol
from surrogates.shapley import MOST_EXACT, Shapley, shapley

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy.typing import ArrayLike

__all__ = ["Effort", "Explanation", "explain"]

SCHEMA = 1


@dataclass(frozen=True)
class Effort:
    """How much is asked of the model.

    Attributes:
        background: cases of the background, drawn at random, that Shapley values and integrated gradients use at most.
        curves: the same for the dependence curves.
        points: of the Sobol indices, a power of 2.
        pairs: whether interactions of two inputs are computed, up to 12 inputs.
        level: of all intervals.
        seed: of everything drawn.
    """

    background: int = 100
    curves: int = 1000
    points: int = 1024
    pairs: bool = True
    level: float = 0.9
    seed: int = 0


@dataclass(frozen=True)
class Explanation:
    """What explains a model.

    Attributes:
        inputs: names of the inputs.
        outputs: names of the outputs.
        units: of inputs and outputs, as far as they are known.
        x: the cases explained [case, input].
        shapley: Shapley values of the cases.
        gradients: integrated gradients of the cases from the same background; None if the model is not traceable.
        sensitivity: Sobol indices.
        partial: partial dependence on each input.
        accumulated: accumulated local effect of each input; None for an input that never varies.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    units: Mapping[str, str]
    x: Float[np.ndarray, "case input"]
    shapley: Shapley
    gradients: IntegratedGradients | None
    sensitivity: Sensitivity
    partial: tuple[Curve, ...]
    accumulated: tuple[Curve | None, ...]

    def to_json(self) -> str:
        """All of it as JSON: fields by their names, arrays as nested lists with the same axes, NaN as null."""
        return json.dumps({"schema": SCHEMA, **_plain(self)}, allow_nan=False)


def explain(
    predict: Predict,
    background: ArrayLike,
    *,
    names: Sequence[str],
    x: ArrayLike,
    outputs: Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    box: tuple[ArrayLike, ArrayLike] | None = None,
    members: Members | None = None,
    traceable: bool = True,
    effort: Effort | None = None,
) -> Explanation:
    """Explain a model: cases by Shapley values and integrated gradients, the whole by Sobol indices and curves.

    Args:
        predict: the model, [case, input] -> [case, output]; let JAX compile it first, it is asked often.
        background: cases that are usual for the plant [case, input].
        names: of the inputs.
        x: cases to explain [case, input].
        outputs: names of the outputs; default "output 0", "output 1", ...
        units: name of an input or output -> unit.
        box: low and high [input] in which the Sobol indices vary the inputs; default: the columns of the background.
        members: the ensemble behind the model, [case, input] -> [member, case, output], for the intervals of curves.
        traceable: whether JAX can trace the model; without, there are no integrated gradients.
        effort: how much is asked of the model.

    Returns:
        The explanation.

    Raises:
        ValueError: names, units and arrays do not fit together, or as the parts raise it.
        TypeError: JAX cannot trace the model.

    Example:
        >>> cases = np.random.default_rng(0).uniform(size=(50, 2))
        >>> found = explain(lambda x: x[:, :1] * x[:, 1:], cases, names=["speed", "feed"], x=[[1.0, 1.0]])
        >>> round(float(found.shapley.values.sum() + found.shapley.base[0]), 9)
        1.0
        >>> sorted(json.loads(found.to_json()))[:3]
        ['accumulated', 'gradients', 'inputs']
    """
    much = effort or Effort()
    known = rows(background, "background")
    cases = rows(x, "x", inputs=known.shape[1])
    if len(names) != known.shape[1]:
        raise ValueError(f"names are {len(names)}; the background has {known.shape[1]} inputs. Give one name for each.")
    order = np.random.default_rng(much.seed).permutation(len(known))
    few, more = known[order[: much.background]], known[order[: much.curves]]
    shares = shapley(predict, few, cases, pairs=much.pairs and known.shape[1] <= MOST_EXACT, seed=much.seed)
    called = tuple(outputs) if outputs is not None else tuple(f"output {i}" for i in range(len(shares.base)))
    if len(called) != len(shares.base):
        raise ValueError(f"outputs are {len(called)} names; the model has {len(shares.base)}. Give one name for each.")
    strange = set(units or ()) - {*names, *called}
    if strange:
        raise ValueError(f"units name {sorted(strange)}, which is no input or output. Use the names given.")
    where: dict[str, Any] = {"background": known} if box is None else {"low": box[0], "high": box[1]}
    curve: dict[str, Any] = {"members": members, "level": much.level}
    return Explanation(
        tuple(names),
        called,
        dict(units or {}),
        cases,
        shares,
        integrated_gradients(predict, few, cases) if traceable else None,
        sobol(predict, **where, points=much.points, level=much.level, seed=much.seed),
        tuple(partial_dependence(predict, more, input=i, **curve) for i in range(len(names))),
        tuple(
            accumulated_effects(predict, more, input=i, **curve) if np.ptp(more[:, i]) > 0.0 else None
            for i in range(len(names))
        ),
    )


def _plain(value: Any) -> Any:
    """A value in the words of JSON."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
