"""Records of several stations joined by part id: what was done upstream beside what came of it downstream."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surrogates.columns import column_of
from twin.errors import shown

if TYPE_CHECKING:
    from jaxtyping import Float, Int, Shaped

__all__ = ["Chain", "Gap", "Key", "Link", "Records", "join"]

SOME = 5  # rows that a message names


@dataclass(frozen=True)
class Records:
    """What one station wrote down, a record for each visit of a part.

    Attributes:
        station: its name, which its columns get as a prefix.
        columns: name -> values, all equally long.
        time: column that says when, or "date+time of day": ISO texts, or numbers in a unit that all stations share.
        where: the file, as it stands in a message.
        rows: number of each record in its file; from 2 on where it is None, because a header is row 1.

    Raises:
        ValueError: there are no records, or columns of unequal length.
    """

    station: str
    columns: Mapping[str, Shaped[np.ndarray, " record"]]
    time: str = ""
    where: str = "table"
    rows: Int[np.ndarray, " record"] | None = None

    def __post_init__(self) -> None:
        """Checks the lengths."""
        lengths = sorted({len(values) for values in self.columns.values()})
        if len(lengths) != 1 or not lengths[0]:
            rule = "a station has a record or more, and its columns are equally long"
            raise ValueError(f"{self.where}: its columns have {lengths} rows; {rule}. Cut them from the same rows.")

    def __len__(self) -> int:
        """Number of records."""
        return len(next(iter(self.columns.values())))

    def row(self, place: int) -> int:
        """Number of a record in its file."""
        return place + 2 if self.rows is None else int(self.rows[place])

    def texts(self, name: str) -> list[str]:
        """The cells of a column as texts: "" for a blank, whole numbers without a decimal point."""
        values = column_of(dict(self.columns), name, self.where)
        cells = (values.astype("datetime64[us]") if values.dtype == "datetime64[ns]" else values).tolist()
        texts = ("" if cell is None or cell != cell else str(cell).strip() for cell in cells)
        return [re.sub(r"^(-?\d+)\.0$", r"\1", text) for text in texts]


class Key(NamedTuple):
    r"""Where the id of a part stands. Ids of digits alone are compared as numbers, so that 004900 is part 4900.

    Attributes:
        column: its column.
        part: what of the cell is the id: a regular expression (its first group, if there is one), or a function of the
            text. What does not match, or is blank, is no id.

    Example:
        >>> Key("code", r"\d{6}$").ids(Records("screw", {"code": np.array([40000000004900, 12])}))
        ['4900', '']
    """

    column: str
    part: str | Callable[[str], str] = ".+"

    def ids(self, records: Records) -> list[str]:
        """The id of each record, "" where there is none; raises ValueError when there is no such column."""
        texts = [self._cut(text) for text in records.texts(self.column)]
        return [text.lstrip("0") or "0" if text.isdecimal() else text for text in texts]

    def _cut(self, text: str) -> str:
        if callable(self.part):
            return self.part(text)
        match = re.search(self.part, text)
        return (match[1 if match.re.groups else 0] or "") if match else ""


class Link(NamedTuple):
    """How the records of a station upstream are found: its key, and the key of the same part downstream."""

    upstream: Records
    key: Key
    downstream: Key


class Gap(NamedTuple):
    """Records of a station that are not in the joined table, and why.

    Attributes:
        station: whose records.
        reason: a clause, e.g. "no record of the part at 'moulding'".
        rows: their numbers in the file.
        parts: the id of each, and beside a wrong clock the row upstream; "" without one.
    """

    station: str
    reason: str
    rows: tuple[int, ...]
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The gap on one line, with its first rows."""
        named = [f"{row} ({part})" if part else f"{row}" for row, part in zip(self.rows, self.parts, strict=True)]
        more = f" and {len(named) - SOME:,} more" if len(named) > SOME else ""
        return f"{self.station}: {len(named):,} × {self.reason}: row {', '.join(named[:SOME])}{more}"


class Chain(NamedTuple):
    """Joined records, and what is missing among them.

    Attributes:
        columns: "station.name" -> values, a row for each record downstream that found its part at every link.
        rows: which records downstream these are, from 0.
        gaps: what did not match.
    """

    columns: dict[str, Shaped[np.ndarray, " joined"]]
    rows: Int[np.ndarray, " joined"]
    gaps: tuple[Gap, ...]


def join(downstream: Records, links: Sequence[Link]) -> Chain:
    r"""Puts the record of each part upstream beside its record downstream, and says what did not match.

    Of several records of a part upstream (it went back, or was read twice) the last one counts that is not later than
    the record downstream. Where all are later, a clock or a key is wrong, and the part is not joined.

    Args:
        downstream: records of the last station, each of which becomes a row if it can.
        links: one for each station upstream.

    Raises:
        ValueError: two stations have the same name; a key or time names no column; a time is none; only one end of a
            link has times; a part that is asked for has several records without times; or no record finds its part.

    Example:
        >>> mould = Records("mould", {"id": np.array([1, 2, 3]), "fibre": np.array([30.0, 20.0, 10.0])})
        >>> screw = Records("screw", {"code": np.array(["A0002", "A0009"]), "torque": np.array([1.5, 1.4])})
        >>> chain = join(screw, [Link(mould, Key("id"), Key("code", r"\d+"))])
        >>> chain.columns["mould.fibre"], chain.columns["screw.torque"]
        (array([20.]), array([1.5]))
        >>> print(chain.gaps[0].text, chain.gaps[1].text, sep="\n")
        screw: 1 × no record of the part at 'mould': row 3 (9)
        mould: 2 × no record of the part at 'screw': row 2 (1), 4 (3)
    """
    stations = [downstream, *(link.upstream for link in links)]
    names = [one.station for one in stations]
    if len(set(names)) < max(len(names), 2):
        rule = "there are two or more, each of a name of its own"
        raise ValueError(f"stations {', '.join(map(shown, names))}: {rule}. Rename one.")
    places, gaps = zip(*(_matched(downstream, link) for link in links), strict=True)
    rows = np.flatnonzero(np.min(places, axis=0) >= 0)
    columns = {}
    for one, own in zip(stations, (np.arange(len(downstream)), *places), strict=True):
        columns |= {f"{one.station}.{name}": np.asarray(values)[own[rows]] for name, values in one.columns.items()}
    return Chain(columns, rows, tuple(gap for some in gaps for gap in some))


def _matched(downstream: Records, link: Link) -> tuple[Int[np.ndarray, " record"], list[Gap]]:
    """For each record downstream its place upstream, -1 without one; and what did not match."""
    upstream = link.upstream
    here, there = shown(downstream.station), shown(upstream.station)
    if bool(upstream.time) != bool(downstream.time):
        raise ValueError(f"{here} and {there}: one of them has times; name them for both, or for neither.")
    made, asked = _moments(upstream), _moments(downstream)
    parts, wanted = link.key.ids(upstream), link.downstream.ids(downstream)
    own: dict[str, list[int]] = defaultdict(list)
    for place in np.argsort(made, kind="stable").tolist():
        own[parts[place]].append(place)
    places, left = np.full(len(wanted), -1, np.intp), []
    for row, part in enumerate(wanted):
        some = own.get(part, []) if part else []
        if len(some) > 1 and not upstream.time:
            rows = ", ".join(str(upstream.row(place)) for place in some[:SOME])
            raise ValueError(
                f"{upstream.where}: part {shown(part)} has {len(some)} records (rows {rows}); only times tell which "
                f"one went on to {here}. Name a time for {there} and {here}, or keep one record of each part."
            )
        before = bisect_right(some, asked[row], key=made.__getitem__)
        if before:
            places[row] = some[before - 1]
        elif some:
            first = f"{part}, row {upstream.row(some[0])} of {there}"
            left.append((row, f"the part is later at {there}, so a clock or a key is wrong", first))
        else:
            reason = f"no record of the part at {there}" if part else f"no id in {link.downstream.column}"
            left.append((row, reason, part))
    known, used = set(wanted), set(places.tolist())
    reasons = (f"no record of the part at {here}", f"not the last record of its part before {here}")
    rest = [place for place in range(len(parts)) if place not in used]
    over = [(at, reasons[parts[at] in known] if parts[at] else f"no id in {link.key.column}", parts[at]) for at in rest]
    gaps = [*_gaps(downstream, left), *_gaps(upstream, over)]
    if len(left) == len(wanted):
        ids = ", ".join([part for part in parts if part][:3])
        raise ValueError(
            f"no record of {here} finds its part at {there} ({gaps[0].text}); ids at {there} are {ids or 'blank'}, …, "
            "and an id is the same at both. Check the keys, and cut ids to what is common."
        )
    return places, gaps


def _gaps(records: Records, left: Iterable[tuple[int, str, str]]) -> list[Gap]:
    """Records that are left over (place, reason, part), by reason."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for place, reason, part in left:
        found[reason].append((records.row(place), part))
    return [Gap(records.station, reason, *zip(*some, strict=True)) for reason, some in found.items()]


def _moments(records: Records) -> Float[np.ndarray, " record"]:
    """When each record was made: numbers as they are, dates with times in seconds; 0 where nobody knows."""
    times = np.zeros(len(records))
    cells = [records.texts(name.strip()) for name in records.time.split("+")] if records.time else []
    for row, text in enumerate("T".join(some) for some in zip(*cells, strict=True)):
        times[row] = _moment(text)
        if not np.isfinite(times[row]):
            raise ValueError(
                f"{records.where}: {shown(records.time)} of row {records.row(row)} is {shown(text)}; a time is a "
                "number, or a text like 2026-01-05 06:00:00. Mend the row, or leave it out."
            )
    return times


def _moment(text: str) -> float:
    """A number, or the seconds of an ISO date; NaN of anything else. Without a zone as on UTC: differences hold."""
    with suppress(ValueError):
        return float(text)
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return np.nan
