"""The table of all visits of a run: one row for one part at one station on one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from twin.energy import KWH, carriers, powers
from twin.profile import open_until
from twin.segments import STATES, planned_numbers, segments

if TYPE_CHECKING:
    from twin.trace import Trace

COLUMNS: dict[str, Any] = {
    "replication": np.int32,
    "part": np.int32,
    "product": np.int16,
    "station": np.int16,
    "machine": np.int16,
    "arrive": float,
    "start": float,
    "finish": float,
    "depart": float,
    "scrapped": bool,
    "energy": float,
    "attempts": np.int16,
    "setup": float,
    "down": float,
}
"""Column -> type. Times are seconds from the run's start, energy is kWh; `setup` and `down` are seconds."""

_ROWS = ("part", "product", "machine", "arrive", "start", "finish", "depart", "scrapped", "attempts")


def visit_table(trace: Trace) -> dict[str, np.ndarray]:
    """One array per column of `COLUMNS`, sorted by replication, part and station.

    Numbers stand for names: `product` and `station` count from 0 in the order of the line. Times after the end of the
    run, and what is known only then, are NaN (machine: -1 before the start; scrapped: False, attempts: 0 before the
    finish). `energy` covers start to depart, all carriers; it is NaN when the line gives no power. `setup` is the
    setup with its release, before the visit or at its beginning, `down` the repair of failures that struck during it
    (operating clock), both in clock time. Where processes make them, the attributes of the part after the visit follow,
    in SI units (NaN before the finish), and `defect`, 0 or 1 + the place of its cause in `trace.shape.causes`.
    """
    end = np.asarray(trace.window[1], float)
    names = [station.name for station in trace.line.stations]
    wanted = None if isinstance(trace.record, str) else np.array([name in trace.record for name in names])
    pieces: list[dict[str, np.ndarray]] = []
    for block in trace.blocks:
        there = block["fixed"] & (block["arrive"] <= end)
        if trace.since is not None:  # what ended in the run before belongs there
            there = there & (block["depart"] > np.asarray(trace.since))
        if wanted is not None:
            there = there & wanted[None, :, None]
        pieces.append(_rows(trace, block, np.nonzero(there), end))
    table = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    order = np.lexsort((table["station"], table["part"], table["replication"]))
    return {name: column[order] for name, column in table.items()}


def _rows(trace: Trace, block: dict[str, Any], place: Any, end: np.ndarray) -> dict[str, np.ndarray]:
    """The rows of one block, in the order in which they stand there."""
    _, station, replication = place
    take = lambda name, default: block[name][place] if name in block else np.full(len(station), default)  # noqa: E731
    defaults = {"product": 0, "machine": 0, "scrapped": False, "attempts": 1}
    rows = {name: take(name, defaults.get(name, 0.0)) for name in _ROWS}
    rows |= {"station": station, "replication": replication, "energy": _energy(trace, block)[place]}
    rows["setup"] = take("setup_end", 0.0) - take("setup_begin", 0.0)
    if trace.plan.shape.setup in ("loaded", "both"):
        rows["setup"] = rows["setup"] + (take("begin", 0.0) - rows["start"])
    repaired = take("repaired", 0.0) - rows["finish"] if "repaired" in block else 0.0
    rows["down"] = take("stopped", 0.0) + repaired
    last = end[replication]
    begun, finished = rows["start"] <= last, rows["finish"] <= last
    for name in ("start", "finish", "depart"):
        rows[name] = np.where(rows[name] <= last, rows[name], np.nan)
    rows["setup"], rows["down"] = (
        np.where(known, rows[n], np.nan) for known, n in ((begun, "setup"), (finished, "down"))
    )
    rows["machine"] = np.where(begun, rows["machine"], -1)
    rows["scrapped"], rows["attempts"] = finished & rows["scrapped"], np.where(finished, rows["attempts"], 0)
    rows["energy"] = np.where(rows["depart"] <= last, rows["energy"], np.nan)
    made = {name: np.where(finished, take(f"part/{name}", np.nan), np.nan) for name in trace.plan.shape.attributes}
    if trace.plan.shape.causes:
        made["defect"] = np.where(finished, take("defect", 0), 0).astype(np.int16)
    return {name: np.asarray(rows[name], dtype) for name, dtype in COLUMNS.items()} | made


def _energy(trace: Trace, block: dict[str, Any]) -> np.ndarray:
    """Energy from start to depart [row, station, replication], kWh, of all carriers.

    On a conveyor each visit bears what runs from the finish of the visit before it to its own.
    """
    shape, used = trace.plan.shape, carriers(trace.line)
    start = block["start"]
    if not used:
        return np.full(start.shape, np.nan)
    watts = np.sum([powers(trace.line, carrier, trace.values) for carrier in used], axis=0)
    machine = block.get("machine", np.zeros(start.shape, int))
    station = np.arange(shape.stations)[None, :, None]
    power = lambda state: watts[STATES.index(state)][station, machine if watts.shape[-1] > 1 else 0]  # noqa: E731
    first, last = start, block["depart"]
    if any(shape.places):
        belt = np.asarray(shape.places)[:, None] > 0
        first, last = np.where(belt, block["belt_from"], first), np.where(belt, block["finish"], last)
    joules = np.zeros(start.shape)
    told = sum(block[name] for name in block if name.startswith("power/"))
    planned = jax.tree.map(np.asarray, planned_numbers(shape, trace.plan.numbers))
    own = lambda t: open_until(trace, t, machine)  # noqa: E731
    with np.errstate(invalid="ignore"):
        for state, begin, end, sign in segments(shape, block, planned):
            if ((begin < last) & (first < end)).any():
                a, b = np.clip(begin, first, last), np.clip(end, first, last)
                watts_now = power(state) + (told if state == "processing" else 0.0)
                joules += sign * watts_now * (own(b) - own(a))
        if shape.closes:
            whole, open_, working = (f(last) - f(first) for f in (lambda t: t, own, lambda t: open_until(trace, t)))
            joules += power("planned_stop") * (whole - working) + power("down") * (working - open_)
    return joules / KWH
