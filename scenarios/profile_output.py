"""The load profile that `linetwin run --profile` writes."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.options import OptionError, duration
from scenarios.outputs import save
from scenarios.size import check_memory
from twin.energy import carriers
from twin.guess import rough_duration
from twin.line import Line
from twin.profile import load_profile
from twin.trace import Trace

__all__ = ["WantedProfile", "wanted_profile"]

PERIOD = "1 min"

_BYTES = 400
"""Per period, replication and machine of a station while a profile is made: measured on "housing", rounded up."""


@dataclass(frozen=True)
class WantedProfile:
    """A load profile to write.

    Attributes:
        path: of the file.
        period: length of its periods [s].
    """

    path: str
    period: float

    def check(self, line: Line, horizon: float | None, parts: int | None, replications: int) -> None:
        """Check before the run that the line has a load, and that its profile fits the memory.

        Raises:
            OptionError: when it does not.
        """
        if not carriers(line):
            remedy = "Add power to its stations, or base_load in [line]"
            raise OptionError(
                f"--profile: line '{line.name}' gives no power, so that it has no load profile. {remedy}."
            )
        length = horizon if horizon is not None else rough_duration(line, parts or 0)
        wide = max(station.machines if station.kind == "machines" else 1 for station in line.stations)
        need = _BYTES * length / self.period * replications * len(line.stations) * wide
        check_memory(need, "the load profile", "Use a longer --profile-period, or fewer --replications")

    def write(self, trace: Trace) -> None:
        """Write the profile of a run.

        Raises:
            OptionError: when the file cannot be written.
        """
        profile = load_profile(trace, self.period)
        save("--profile", self.path, lambda path: profile.save(path, trace.provenance))


def wanted_profile(path: str | None, period: str | None) -> WantedProfile | None:
    """What the options ask for; None without --profile.

    Raises:
        OptionError: when they do not make sense.
    """
    if path is None:
        if period is not None:
            raise OptionError("--profile-period belongs to --profile, which was not given. Add --profile load.csv.")
        return None
    if not path.endswith((".csv", ".parquet")):
        rule = "a load profile is written as CSV or Parquet"
        raise OptionError(f"--profile is '{path[-200:]}'; {rule}. Let the name end in .csv or .parquet.")
    return WantedProfile(path, duration("--profile-period", PERIOD if period is None else period, unit="min"))
