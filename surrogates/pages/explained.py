"""Explanation: which inputs move the answers, by Shapley values, gradients and Sobol indices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surrogates.pages.content import TITLES, Part, Plot, Plots, Section, Table
from surrogates.pages.words import UNKNOWN, difference_unit, listed, number, spread, stated
from viz.drawing import Axis, Bar, Item, bars

__all__ = ["curves_of", "explained", "read"]

_PAIRS = 3
_SIDES = 2
_NOISE = 1e-6
"""Of the largest: what is smaller is rounding."""
_TELLING = 0.01


def read(found: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """An explanation as written by `Explanation.to_json`, as text or already read.

    Raises:
        ValueError: it is no JSON object.
    """
    said = json.loads(found) if isinstance(found, str) else found
    if not isinstance(said, Mapping):
        raise ValueError(  # noqa: TRY004 - a fault of the file, not of the caller's types
            f"explain is {type(said).__name__}; a card holds what Explanation.to_json() wrote. Store that."
        )
    return said


def explained(found: Mapping[str, Any]) -> Section:
    """Importance of each input for each output."""
    inputs, outputs = [str(name) for name in found["inputs"]], [str(name) for name in found["outputs"]]
    level = (found.get("sensitivity") or {}).get("level")
    shares, indices, tables, words = [], [], [], []
    for place, output in enumerate(outputs):
        unit = difference_unit((found.get("units") or {}).get(output))
        if found.get("shapley"):
            shares.append(Plot(f"{output}: importance", _shapley(found, place, unit, inputs)))
            words += _interactions(found, place, unit, inputs)
        if found.get("sensitivity"):
            indices.append(
                Plot(f"{output}: shares of the variance", _sobol(found["sensitivity"], place, inputs, output))
            )
        tables.append(_table(found, place, unit, inputs))
    cases = len(found.get("x") or ())
    parts: list[Part] = [
        (
            "This explains the surrogate, and the process only as far as the surrogate is right. Shapley values "
            f"share out, for each of {cases} cases, how far the answer is from the mean answer; shown is their mean "
            "size, in the unit of the output, with 95 % intervals over the cases. Inputs are taken to vary "
            "independently of each other."
        ),
        Plots(shares),
    ]
    if words:
        parts.append(f"Strongest interactions (mean size): {'; '.join(words)}.")
    if indices:
        parts += [
            (
                "Sobol indices say which share of an answer's variance an input brings: alone (first), and together "
                "with all others (total). Where total is well above first, inputs act together. Whiskers are "
                f"{stated(level)} intervals."
            ),
            Plots(indices),
        ]
    return Section("explain", TITLES["explain"], [*parts, *tables])


def _array(values: Any) -> NDArray[np.float64]:
    """Nested lists as an array, null as NaN."""
    return np.asarray(values, dtype=np.float64)


def _clean(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sizes with zeros in place of rounding."""
    return np.where(sizes > _NOISE * np.nanmax(sizes, initial=0.0), sizes, 0.0)


def _importance(found: Mapping[str, Any], key: str, place: int) -> NDArray[np.float64] | None:
    """Mean size over the cases [input]."""
    if not found.get(key):
        return None
    return _clean(np.abs(_array(found[key]["values"])[:, :, place]).mean(axis=0))


def _shapley(found: Mapping[str, Any], place: int, unit: str, inputs: Sequence[str]) -> str:
    from scipy.special import stdtrit  # noqa: PLC0415 - takes 0.2 s

    sizes = np.abs(_array(found["shapley"]["values"])[:, :, place])
    mean = _clean(sizes.mean(axis=0))
    half = (
        float(stdtrit(max(1, len(sizes) - 1), 0.975)) * sizes.std(axis=0, ddof=1) / np.sqrt(len(sizes))
        if len(sizes) > 1
        else np.full_like(mean, np.nan)
    )
    items = []
    order: list[int] = np.argsort(-mean).tolist()
    for k in order:
        known = np.isfinite(half[k]) and len(sizes) > 1
        low, high = (max(0.0, float(mean[k] - half[k])), float(mean[k] + half[k])) if known else (None, None)
        items.append(Item(inputs[k], f"{number(float(mean[k]), 3)} {unit}".strip(), [Bar(float(mean[k]), low, high)]))
    said = ", ".join(f"{item.label} {item.text}" for item in items)
    axis = Axis(f"mean size of the Shapley values{', ' + unit if unit else ''}", low=0.0)
    return bars(items, axis=axis, base=0.0, alt=f"Mean size of the Shapley values: {said}")


def _interactions(found: Mapping[str, Any], place: int, unit: str, inputs: Sequence[str]) -> list[str]:
    pairs = found["shapley"].get("pairs")
    if not pairs or len(inputs) < _SIDES:
        return []
    whole = float(np.abs(_array(found["shapley"]["values"])[:, :, place]).mean(axis=0).max())
    sizes = np.triu(np.abs(_array(pairs)[..., place]).mean(axis=0), 1)
    best = np.argsort(-sizes, axis=None)[:_PAIRS]
    named = [(divmod(int(k), len(inputs)), float(sizes.flat[k])) for k in best]
    said = [
        f"{inputs[a]} with {inputs[b]} {number(size, 2)} {unit}".strip()
        for (a, b), size in named
        if size > _TELLING * whole
    ]
    return [f"{found['outputs'][place]}: {listed(said)}"] if said else []


def _sobol(found: Mapping[str, Any], place: int, inputs: Sequence[str], output: str) -> str:
    first, total = (_array(found[key])[:, place] for key in ("first", "total"))
    ends = [_array(found[f"{key}_interval"])[:, :, place] for key in ("first", "total")]
    items = []
    order: list[int] = np.argsort(-np.nan_to_num(total)).tolist()
    for k in order:
        both = [
            Bar(_known(one[k]), _known(held[0, k]), _known(held[1, k]), style)
            for one, held, style in zip((first, total), ends, ("accent", "second"), strict=True)
        ]
        items.append(Item(inputs[k], f"{_index(first[k])}, {_index(total[k])}", both))
    said = ", ".join(f"{item.label} {item.text}" for item in items)
    return bars(
        items,
        axis=Axis("share of the variance", include=(0.0, 1.0), margin=0.02),
        key=[("first", "accent"), ("total", "second")],
        alt=f"Sobol indices of {output}, first and total: {said}",
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _index(value: float) -> str:
    """A Sobol index with three places; its intervals are hardly ever narrower."""
    return f"{value + 0.0:.3f}".replace("-0.000", "0.000").replace("-", "−") if np.isfinite(value) else UNKNOWN


def _held(values: NDArray[np.float64], ends: NDArray[np.float64], k: int, place: int) -> str:
    return spread({"mean": float(values[k, place]), "ci95": ends[:, k, place].tolist()}, _index)


def _table(found: Mapping[str, Any], place: int, unit: str, inputs: Sequence[str]) -> Table:
    """All importances of one output side by side."""
    inside = f" [{unit}]" if unit else ""
    columns: list[tuple[str, list[str]]] = []
    for key, head in (("shapley", f"Shapley{inside}"), ("gradients", f"integrated gradients{inside}")):
        sizes = _importance(found, key, place)
        if sizes is not None:
            columns.append((head, [number(float(size), 3) for size in sizes]))
    indices = found.get("sensitivity")
    if indices:
        for key in ("first", "total"):
            values, ends = _array(indices[key]), _array(indices[f"{key}_interval"])
            columns.append((f"Sobol {key}", [_held(values, ends, k, place) for k in range(len(inputs))]))
    for key, head in (("partial", f"curve's range{inside}"), ("accumulated", f"range, accumulated{inside}")):
        if found.get(key):
            columns.append((head, [_range(curve, place) for curve in found[key]]))
    rows = [(name, *(texts[k] for _, texts in columns)) for k, name in enumerate(inputs)]
    output = str(found["outputs"][place])
    level = f", {stated(indices.get('level'))} intervals" if indices else ""
    deviation = ""
    if indices and indices.get("variance"):
        size = number(float(np.sqrt(np.maximum(_array(indices["variance"])[place], 0.0))), 3)
        deviation = (
            f"; the answer's mean is {number(indices['mean'][place])}, its standard deviation {size} {unit}".rstrip()
        )
    return Table(f"What moves {output}{level}{deviation}", ("input", *(head for head, _ in columns)), rows)


def _range(curve: Mapping[str, Any] | None, place: int) -> str:
    """Largest less least value of a curve."""
    return number(float(np.ptp(_array(curve["mean"])[:, place])), 3) if curve else UNKNOWN


def curves_of(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The partial dependence in an explanation as the card's "curves"."""
    units = found.get("units") or {}
    made = []
    for curve in found.get("partial") or ():
        name = found["inputs"][curve["input"]]
        for place, output in enumerate(found["outputs"]):
            told = {key: [row[place] for row in curve[key]] for key in ("mean", "low", "high")}
            made.append({"input": name, "unit": units.get(name), "output": output, "x": curve["grid"], **told})
    return made
