"""A distribution of another family with the same mean and coefficient of variation."""

from __future__ import annotations

import math

from scipy.optimize import root_scalar

from twin.distribution import Distribution

__all__ = ["law_like", "spread_of"]


def spread_of(law: Distribution) -> float:
    """The coefficient of variation of a gamma, lognormal or Weibull distribution."""
    if law.family == "weibull":
        return _weibull_cv(law.numbers["shape"])
    return law.numbers["cv"]


def law_like(law: Distribution, family: str) -> Distribution:
    """The gamma, lognormal or Weibull distribution with the mean and the coefficient of variation of another one.

    Example:
        >>> law_like(Distribution("gamma", {"mean": 40.0, "cv": 0.5}), "lognormal").numbers
        {'mean': 40.0, 'cv': 0.5}
        >>> like = law_like(Distribution("gamma", {"mean": 40.0, "cv": 0.5}), "weibull")
        >>> round(like.mean, 6), round(spread_of(like), 6)
        (40.0, 0.5)
    """
    mean, cv = law.mean, spread_of(law)
    if family != "weibull":
        return Distribution(family, {"mean": mean, "cv": cv})
    least, most = _weibull_cv(100.0), _weibull_cv(0.2)
    wanted = min(max(cv, least), most)
    shape = float(root_scalar(lambda k: _weibull_cv(k) - wanted, bracket=(0.2, 100.0)).root)
    return Distribution("weibull", {"shape": shape, "scale": mean / math.gamma(1 + 1 / shape)})


def _weibull_cv(shape: float) -> float:
    log = math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape)
    return math.sqrt(math.expm1(log))
