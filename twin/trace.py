"""What came out of a run: its visits and totals, and the way to and from a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.line import Line
from twin.plan import Plan, Shape
from twin.snapshot import LineState, index, line_state
from twin.state import State
from twin.store import line_hash, plain, versions, write_atomic
from twin.visits import visit_table

if TYPE_CHECKING:
    import pyarrow as pa

    from twin.courses import Courses


@dataclass(repr=False)
class Trace:
    """A run.

    Attributes:
        line: what was simulated.
        shape: what its compiled program depended on.
        values: numbers that replaced those of the line, by path, SI units.
        seed: of all random numbers.
        replications: independent repetitions.
        by: "parts" or "time".
        record: "all", names of stations, or "kpis": whose visits were kept.
        totals: sums over the measured window (see `twin.totals`).
        window: beginning and end of the measured window [replication], seconds.
        clock: closed intervals of the machines, or None.
        plan: the line as it was run.
        complete: whether the run reached its end (only a traced run may not).
        state: the line at the end, to go on from; None for a traced run.
        since: end of the run that this one goes on from [replication], or None.
        repeated: which replications run on first principles, because a visit lay outside of where a guarded process may
            be trusted [replication]; None where no process is guarded.
        blocks: the visits as they were computed: arrays [row, station, replication] with `fixed` where there is one.
    """

    line: Line
    shape: Shape
    values: dict[str, Any]
    seed: Any
    replications: int
    by: str
    record: Any
    totals: dict[str, Any]
    window: tuple[Any, Any]
    clock: Any
    plan: Plan
    complete: Any
    blocks: list[Any] = field(default_factory=list, repr=False)
    state: State | None = field(default=None, repr=False)
    since: Any = None
    repeated: np.ndarray | None = None

    def __repr__(self) -> str:
        kept = "all visits" if self.record == "all" else "no visits" if self.record == "kpis" else "some visits"
        return f"Trace of {self.line.name!r}: {self.replications} replications, seed {self.seed}, {kept}"

    @cached_property
    def visits(self) -> dict[str, np.ndarray]:
        """All visits with arrive <= end of the run, as one array per column (see `twin.visits.visit_table`).

        Raises:
            ValueError: the run kept no visits.
        """
        self.need_visits("visits")
        return visit_table(self)

    @property
    def hash(self) -> str:
        """Name of what was run, by content: the line and the numbers that replaced some of its own."""
        return line_hash(self.line, self.values)

    def good_parts(self, replication: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """When each good part of the measured window left the line, and when it entered it, in order of leaving."""
        self.need_visits("good_parts")
        found = []
        for block in self.blocks:
            rows = block["measured"][:, replication]
            enter = block["exit"]["enter"][:, replication]
            found.append(np.stack([block["depart"][:, -1, replication], enter])[:, rows])
        leave, enter = np.concatenate(found, axis=1)
        return leave, enter

    def state_at(self, time: float, replication: int = 0) -> LineState:
        """Where every part is and what every machine does at a moment.

        Args:
            time: seconds from the run's start, up to its end.
            replication: of which repetition.

        Raises:
            ValueError: the run kept no visits, or `time` or `replication` lies outside it.
        """
        self.need_visits("state_at")
        return line_state(self, time, replication)

    def one_replication(self, replication: int) -> tuple[dict[str, np.ndarray], Courses]:
        """Visits of a replication as flat columns, and the states of its machines (see `twin.snapshot.index`), kept."""
        self.need_visits("one_replication")
        if replication not in self._kept:
            self._kept[replication] = index(self, replication)
        return self._kept[replication]

    @cached_property
    def _kept(self) -> dict[int, Any]:
        return {}

    def to_table(self) -> pa.Table:
        """The visits as an Arrow table: stations and products by name, what is not known yet as null."""
        from twin.columnar import to_table  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        return to_table(self)

    def to_parquet(self, path: str | Path) -> Path:
        """Write the visits, whole or not at all, with seed, hash and versions as metadata.

        Raises:
            ValueError: the run kept no visits.
            OSError: the file cannot be written; nothing is left behind.
        """
        import pyarrow.parquet as parquet  # noqa: PLC0415 - takes 0.2 s to import

        table = self.to_table()
        return write_atomic(path, lambda part: parquet.write_table(table, part))

    @property
    def provenance(self) -> dict[str, Any]:
        """What tells this run from others: line, seed, hash, window, versions."""
        return {
            "line": self.line.name,
            "seed": plain(np.asarray(self.seed)),
            "hash": self.hash,
            "replications": self.replications,
            "by": self.by,
            "window": [plain(np.asarray(t)) for t in self.window],
            "start": self.line.start.isoformat(sep=" "),
            "versions": versions(),
        }

    def need_visits(self, what: str) -> None:
        """Check that `what` can look at visits.

        Raises:
            ValueError: the run kept none.
        """
        if not self.blocks:
            raise ValueError(f"{what}: this run of line {self.line.name!r} kept no visits; simulate with record='all'.")


@dataclass(frozen=True)
class StoredVisits:
    """Visits read from a file.

    Attributes:
        table: one row per visit, columns as in `Trace.to_table`.
        provenance: line, seed, hash, window, versions of the run.
    """

    table: pa.Table
    provenance: dict[str, Any]


def from_parquet(path: str | Path) -> StoredVisits:
    """Read what `Trace.to_parquet` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no visits of a run.
    """
    import pyarrow.parquet as parquet  # noqa: PLC0415 - takes 0.2 s to import

    table = parquet.read_table(path)
    said = (table.schema.metadata or {}).get(b"linetwin")
    if said is None:
        raise ValueError(f"{path}: holds no visits of a run; write them with trace.to_parquet(path).")
    return StoredVisits(table, json.loads(said))
