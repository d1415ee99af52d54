"""A surrogate as bare arrays, from which any reader can compute what it tells, without JAX."""

from __future__ import annotations

from typing import Any

import numpy as np

from surrogates.surrogate import Surrogate

__all__ = ["EDGE", "arrays_of", "needs_spread", "tells"]

EDGE = 1e-6
"""By how much a score of the guard may pass 1, so that the edge of the box is inside whatever it was rounded to."""

_GUARD = {"low", "high", "shift", "matrix", "centres", "usual", "limits"}


def tells(surrogate: Surrogate) -> tuple[str, ...]:
    """What a deployed surrogate tells of a case, in this order.

    "y": outputs, SI; "outside": whether its guard says not to trust them; "spread": standard deviation between the
    members [output], SI, where intervals scale with it.
    """
    guarded = ("outside",) if getattr(surrogate, "guard", None) is not None else ()
    conformal: Any = getattr(surrogate, "conformal", None)
    scaled = ("spread",) if conformal is not None and conformal.floor is not None else ()
    return ("y", *guarded, *scaled)


def needs_spread(surrogate: Surrogate) -> bool:
    """Whether all members have to be asked: for the guard, or for intervals."""
    guard = _guard(surrogate)
    return "spread" in tells(surrogate) or bool(guard and guard["usual"].size)


def arrays_of(surrogate: Surrogate) -> dict[str, np.ndarray]:
    """All numbers of a surrogate, by name; without a spread only the chosen member's.

    With z = (x - x_middle) / x_half in float64, cast to float32, each layer is z <- tanh(z kernel + bias), the last one
    without tanh; in float64 again y = y_middle + y_half z, and exp(y) where log is true. This for every member; the
    answer is that of member `chosen`, the spread the standard deviation between them (divisor members - 1).

    A case is outside unless all of these are at most 1 + edge, with w = (x - shift) matrix:
    |x - middle| / half of every input, sqrt(|w|^2 + 1e-24) / limits[0], sqrt(min |w - centre|^2 + 1e-24) / limits[1],
    and, where `usual` is not empty, spread / usual / limits[2] of every output.

    Returns:
        "scales/...", "layers/<k>/kernel" [member, in, out], "layers/<k>/bias" [member, out], "chosen", "guard/...".

    Raises:
        ValueError: the guard is of another kind.
    """
    ensemble = surrogate.ensemble
    some = slice(None) if needs_spread(surrogate) else slice(surrogate.chosen, surrogate.chosen + 1)
    found = {f"scales/{name}": np.asarray(value) for name, value in ensemble.scales._asdict().items()}
    for k, (kernel, bias) in enumerate(ensemble.weights):
        found |= {f"layers/{k}/kernel": np.asarray(kernel)[some], f"layers/{k}/bias": np.asarray(bias)[some]}
    found["chosen"] = np.asarray(surrogate.chosen if needs_spread(surrogate) else 0)
    guard = _guard(surrogate)
    if guard is None:
        return found
    low, high = guard.pop("low"), guard.pop("high")
    half = np.maximum((high - low) / 2, 1e-9 * np.maximum(np.abs(low), np.abs(high)) + 1e-300)
    guard |= {"middle": (low + high) / 2, "half": half, "edge": np.asarray(EDGE)}
    return found | {f"guard/{name}": value for name, value in guard.items()}


def _guard(surrogate: Surrogate) -> dict[str, np.ndarray] | None:
    """The arrays of the guard, if there is one."""
    guard: Any = getattr(surrogate, "guard", None)
    if guard is None:
        return None
    found = {name: np.asarray(value, float) for name, value in guard.to_arrays().items()}
    if set(found) != _GUARD:
        rule = f"one of {', '.join(sorted(_GUARD))} can be exported"
        raise ValueError(f"guard: it is made of {', '.join(sorted(found))}; {rule}. Export without it, or extend this.")
    return found
