"""A surrogate as bare arrays, from which any reader can compute what it tells, without JAX."""

from __future__ import annotations

import numpy as np

from surrogates.guard import TOLERANCE
from surrogates.surrogate import Surrogate
from surrogates.tape import Tape, tape_of

__all__ = ["arrays_of", "formula_of", "needs_spread", "tells"]


def tells(surrogate: Surrogate) -> tuple[str, ...]:
    """What a deployed surrogate tells of a case, in this order.

    "y": outputs, SI; "outside": whether its guard says not to trust them; "spread": standard deviation between the
    members [output], SI, where intervals scale with it.
    """
    return ("y", "outside") if surrogate.conformal.floor is None else ("y", "outside", "spread")


def needs_spread(surrogate: Surrogate) -> bool:
    """Whether all members have to be asked: for the guard, or for intervals."""
    return "spread" in tells(surrogate) or bool(np.size(surrogate.guard.usual))


def arrays_of(surrogate: Surrogate) -> dict[str, np.ndarray]:
    """All numbers of a surrogate, by name; without a spread only the chosen member's.

    With z = (x - x_middle) / x_half in float64, cast to float32, each layer is z <- tanh(z kernel + bias), the last one
    without tanh; in float64 again y = y_middle + y_half z + base, then exp(y) where log is true and 1 / (1 + exp(-y))
    where share is; `base` is what the formula says (`formula_of`), 0 without one. This for every member; the answer is
    that of member `chosen`, the spread the standard deviation between them (divisor members - 1).

    A case is outside unless all of these are at most 1 + edge, with w = (x - shift) matrix:
    |x - middle| / half of every input, sqrt(|w|^2 + 1e-24) / limits[0], sqrt(min |w - centre|^2 + 1e-24) / limits[1],
    and, where `usual` is not empty, spread / usual / limits[2] of every output.

    Returns:
        "scales/...", "layers/<k>/kernel" [member, in, out], "layers/<k>/bias" [member, out], "chosen", "guard/...".
    """
    ensemble, guard, every = surrogate.ensemble, surrogate.guard, needs_spread(surrogate)
    some = slice(None) if every else slice(surrogate.chosen, surrogate.chosen + 1)
    found = {f"scales/{name}": np.asarray(value) for name, value in ensemble.scales._asdict().items()}
    for k, (kernel, bias) in enumerate(ensemble.weights):
        found |= {f"layers/{k}/kernel": np.asarray(kernel)[some], f"layers/{k}/bias": np.asarray(bias)[some]}
    found["chosen"] = np.asarray(surrogate.chosen if every else 0)
    box = {"middle": guard.middle, "half": guard.half, "edge": TOLERANCE}
    rest = {name: value for name, value in guard.to_arrays().items() if name not in ("low", "high")}
    return found | {f"guard/{name}": np.asarray(value, float) for name, value in (box | rest).items()}


def formula_of(surrogate: Surrogate) -> Tape | None:
    """The closed-form estimate that the networks correct: one case [input], SI -> `base` [output]; None without one.

    Raises:
        ValueError: the formula does what no tape can hold, see `surrogates.tape.tape_of`.
    """
    ensemble = surrogate.ensemble
    return None if ensemble.formula is None else tape_of(ensemble.based, len(surrogate.problem.inputs))
