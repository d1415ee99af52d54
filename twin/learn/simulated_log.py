"""The log that a plant would keep of a simulated run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import VisitLog
from twin.eventlog.words import Words
from twin.trace import Trace

__all__ = ["log_of"]


def log_of(trace: Trace, stations: Sequence[str], *, arrivals: bool = True, replication: int = 0) -> VisitLog:
    """Visits that ended at some stations of a run by parts, of those parts that it was to make.

    Args:
        trace: of a run that kept its visits.
        stations: names of the stations that keep a log.
        arrivals: whether the log tells when parts came to a station.
        replication: of the run.

    Raises:
        ValueError: the run kept no visits.
        KeyError: the line has no station of that name.

    Example:
        >>> import twin
        >>> trace = twin.simulate(twin.load_line("reference"), parts=20)
        >>> len(log_of(trace, ["S1", "S3"]))
        40
    """
    table = trace.visits
    wanted = [trace.line.stations.index(trace.line.station(name)) for name in stations]
    parts = int(np.max(trace.totals["good"])) if trace.by == "parts" else int(table["part"].max()) + 1
    rows = np.isin(table["station"], wanted) & (table["replication"] == replication)
    rows &= ~np.isnan(table["finish"]) & (table["part"] < parts)
    own = {name: column[rows] for name, column in table.items()}
    blank = Words(np.full(int(rows.sum()), -1, np.int32), ())
    unknown = np.full(int(rows.sum()), np.nan)
    return VisitLog(
        f"log of {trace.line.name}",
        case=_named(own["part"], (f"{k:06d}" for k in range(parts))),
        station=_named(own["station"], (station.name for station in trace.line.stations)),
        machine=blank,
        activity=blank,
        product=_named(own["product"], (product.name for product in trace.line.products)),
        outcome=_named(own["scrapped"].astype(int), ("ok", "scrap")),
        scheduled=own["arrive"] if arrivals else unknown,
        start=own["start"],
        complete=own["finish"],
        attempts=np.maximum(own["attempts"], 1).astype(np.int64),
        planned=unknown,
        rows=np.arange(2, len(blank) + 2),
        columns={},
        zone="seconds",
    )


def _named(codes: NDArray[np.integer], names: Iterable[str]) -> Words:
    """Numbers that stand for names, as words."""
    listed = list(names)
    return Words(np.argsort(np.argsort(listed))[codes].astype(np.int32), tuple(sorted(listed)))
