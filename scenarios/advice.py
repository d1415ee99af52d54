"""How long a warm-up and how many replications a run should have, from a run as a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.figures import KPIs
from twin.statistics import Warmup, replications_needed, suggest_warmup

if TYPE_CHECKING:
    from twin.trace import Trace

__all__ = ["Advice", "advise"]

PRECISION = 0.01
"""Half-width of the 95 % interval that is asked for, as a share of the mean."""

_KPIS = ("throughput", "lead_time", "wip", "oee", "energy_per_good_part")


@dataclass(frozen=True)
class Advice:
    """What a pilot run says about the next one.

    Attributes:
        warmup: by MSER-5; None when no good part left the line.
        widths: KPI -> half-width of its interval now, as a share of the mean.
        replications: KPI -> replications for a half-width of 1 % (Stein 1945); empty with one replication, or when
            nothing is random.
    """

    warmup: Warmup | None
    widths: dict[str, float]
    replications: dict[str, int]

    @property
    def most(self) -> int | None:
        """Replications that serve all of the KPIs."""
        return max(self.replications.values(), default=None)


def advise(pilot: Trace, kpis: KPIs) -> Advice:
    """Advice from a pilot.

    Args:
        pilot: a run from an empty line without warm-up, with its visits.
        kpis: figures of the run whose precision is judged.
    """
    try:
        warmup = suggest_warmup(pilot)
    except ValueError:  # no good part left
        warmup = None
    widths, needed = {}, {}
    for name in _KPIS:
        figure = kpis.get(name)
        if figure is None or not figure.value or (pair := figure.ci95) is None:
            continue
        widths[name] = (pair[1] - pair[0]) / 2 / abs(figure.value)
        needed[name] = replications_needed(figure.values, PRECISION * abs(figure.value))
    return Advice(warmup, widths, needed)
