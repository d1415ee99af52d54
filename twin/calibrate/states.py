"""From a log of machine states, and perhaps alarms, to failure modes, cycle times of programs and shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.activity import HELD, Activity, Spans, activity_of
from twin.calibrate.calibration import Calibration, Settings
from twin.calibrate.closing import until_closing
from twin.calibrate.errors import LogError
from twin.calibrate.naming import by_alarm, grouped, micro_apart, micro_length
from twin.calibrate.pipeline import calibrate
from twin.calibrate.programs import Program, program_runs, programs_of
from twin.calibrate.sample import down_times
from twin.calibrate.shifts import ShiftPattern, find_shifts
from twin.calibrate.states_file import failure_toml, states_line_file
from twin.calibrate.states_report import states_dict, states_report
from twin.calibrate.stoplog import Note, StopLog
from twin.calibrate.zones import ahead_of_utc
from twin.errors import nearest, shown
from twin.eventlog.alarms import AlarmLog, read_alarms
from twin.eventlog.meanings import meanings_of
from twin.eventlog.states import StateLog, noted, read_states

__all__ = ["STATE_SETTINGS", "MachineFound", "StatesFound", "calibrate_states"]

STATE_SETTINGS = Settings(threshold=0.0, draws=50, tests=0, compare_days=False)
"""Logs of states hold every stop, however short."""

_FEWEST = 5


@dataclass(frozen=True)
class MachineFound:
    """What was found about one machine.

    Attributes:
        activity: what it did, its stops by name.
        calibration: its failure modes; None where fewer than five failures were seen to their end.
        programs: cycle times of programs that ran often enough.
        shifts: when it works in the week.
        micro: length below which a stop is a micro-stop [s]; 0 where there is none.
        by_alarm: failures that an alarm names.
        notes: what was left out, changed or is doubtful.
    """

    activity: Activity
    calibration: Calibration | None
    programs: tuple[Program, ...]
    shifts: ShiftPattern
    micro: float
    by_alarm: int
    notes: tuple[Note, ...]

    @property
    def machine(self) -> str:
        """Its name."""
        return self.activity.machine


@dataclass(frozen=True)
class StatesFound:
    """The outcome of `calibrate_states`.

    Attributes:
        log: name of the log of states.
        alarms: name of the log of alarms, "" for none.
        first, last: first and last moment of the log [s since 1970].
        rows: states that could be used.
        zone: time zone of the log.
        machines: what was found, by machine.
        notes: what was left out while reading.
        before: how long before a stop its alarm could be raised [s].
    """

    log: str
    alarms: str
    first: float
    last: float
    rows: int
    zone: str
    machines: tuple[MachineFound, ...]
    notes: tuple[Note, ...]
    before: float

    def machine(self, name: str) -> MachineFound:
        """One machine.

        Raises:
            LogError: when there is none of that name.
        """
        names = [one.machine for one in self.machines]
        if name not in names:
            raise _no_machine(self.log, name, names)
        return self.machines[names.index(name)]

    def report(self) -> str:
        """Everything as text, at most 80 columns wide."""
        return states_report(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything as numbers, texts, lists and tables, ready for JSON."""
        return states_dict(self)

    def failures_toml(self, machine: str) -> str:
        """The `[[station.failure]]` tables of a machine, for a line file."""
        return failure_toml(self, self.machine(machine))

    def line_file(self, machine: str, program: str, *, name: str = "", shifts: bool = False, command: str = "") -> str:
        """A line file of one station: a machine that always runs one program.

        Args:
            machine: the machine.
            program: the program whose cycle time the station has.
            name: of the line; "" takes that of the machine.
            shifts: whether the line works in the hours that were found.
            command: the command that made it, for the file's head.

        Returns:
            TOML text.

        Raises:
            LogError: when the machine or the program is not among those found.
        """
        return states_line_file(self, self.machine(machine), program, name=name, shifts=shifts, command=command)


def calibrate_states(
    path: str | Path,
    alarms: str | Path | None = None,
    *,
    machines: Sequence[str] | None = None,
    states: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    alarm_columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    alarm_before: float = 10.0,
    micro: float | None = None,
    least_stops: int = 10,
    least_runs: int = 20,
    shortest_run: float = 0.0,
    zone: str | None = None,
    share: float | None = None,
    settings: Settings = STATE_SETTINGS,
) -> StatesFound:
    """Reads a log of states and fits what it says of each machine.

    Args:
        path: the log of states, see `read_states`.
        alarms: the log of alarms, see `read_alarms`; None for none.
        machines: which machines; None takes all.
        states: state, or "STATE/MODE", -> "run", "stop", "down", "ready", "planned" or "unknown", see `meanings_of`.
        columns: role -> column of the log of states.
        alarm_columns: role -> column of the log of alarms.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.
        alarm_before: how long before a stop its alarm may be raised [s].
        micro: stops shorter than this are micro-stops [s]; 0 for none, None finds it by the mixture of the lengths.
        least_stops: stops that an alarm needs to be a failure mode of its own.
        least_runs: complete runs that a program needs.
        shortest_run: shorter runs of a program are tries [s].
        zone: local time zone for the shifts, such as "America/New_York", where the log is in UTC.
        share: share of the weeks in which a machine runs at some time of the week if that is working time; None takes
            half of the share of its busiest hours.
        settings: how failure modes are fitted.

    Returns:
        What was found.

    Raises:
        LogError: when a file cannot be used, a state has no known meaning, or a machine or zone does not exist.
    """
    log = read_states(path, columns, date_format=date_format)
    raised = read_alarms(alarms, alarm_columns, date_format=date_format) if alarms is not None else None
    meaning = meanings_of(log.name, log.state, log.mode, states)
    wanted = log.machine.used().words if machines is None else tuple(dict.fromkeys(machines))
    for name in wanted:
        if name not in log.machine.words:
            raise _no_machine(log.name, name, log.machine.used().words)
    strange = _strangers(log, raised)
    found = []
    for name in wanted:
        rows = log.machine.where(name)
        activity = activity_of(log.select(rows), meaning[rows], name)
        own = raised.select(raised.machine.where(name)) if raised else None
        offset = ahead_of_utc(activity.runs.begin, zone) if zone else np.zeros(len(activity.runs.begin))
        local = Spans(activity.runs.begin + offset, activity.runs.end + offset, activity.runs.kind)
        shifts = find_shifts(local, threshold=share, zone=zone or log.zone)
        stops, cut = until_closing(activity.stops, shifts, zone)
        stops, length, named = _named(activity, stops, own, alarm_before, micro, least_stops)
        activity = replace(activity, stops=stops)
        programs = ()
        if log.program is not None:
            programs = programs_of(
                program_runs(activity), least=least_runs, shortest=shortest_run, level=settings.level
            )  # fmt: skip
        notes = (*activity.notes, *cut, *_lost(activity))
        calibration = _calibrated(activity, name, settings)
        found.append(MachineFound(activity, calibration, programs, shifts, length, named, notes))
    return StatesFound(
        log.name, raised.name if raised else "", float(log.start.min()), float(log.end.max()), len(log.rows), log.zone,
        tuple(found), (*log.notes, *(raised.notes if raised else ()), *strange), alarm_before,
    )  # fmt: skip


def _no_machine(log: str, name: str, names: Sequence[str]) -> LogError:
    near = nearest(name, names)
    there = ", ".join(shown(one) for one in names[:12])
    return LogError(f"{log}: there is no machine {shown(name)}; it has {there}. Use {shown(near or names[0])}.")


def _strangers(log: StateLog, alarms: AlarmLog | None) -> list[Note]:
    """Alarms of machines that the log of states does not have; refuses alarms of another time zone."""
    if alarms is None:
        return []
    if alarms.zone != log.zone:
        zones = f"{alarms.zone or 'no time zone'}, {log.name} {log.zone or 'none'}"
        raise LogError(f"{alarms.name}: its times name {zones}; both logs are in one zone. Convert one of them.")
    known = set(log.machine.words)
    other = np.array([word not in known for word in alarms.machine.words], bool)[alarms.machine.codes]
    if other.all():
        names = ", ".join(shown(word) for word in alarms.machine.used().words[:6])
        raise LogError(
            f"{alarms.name}: no alarm is of a machine of {log.name}; its machines are {names}. Name them alike in both."
        )
    return [noted("alarms of machines that have no states", alarms.rows[other])] if other.any() else []


def _named(
    activity: Activity, stops: StopLog, alarms: AlarmLog | None, before: float, micro: float | None, least: int
) -> tuple[StopLog, float, int]:
    """The stops by name, the length of micro-stops [s], and how many an alarm names."""
    stops, named = by_alarm(stops, alarms, before=before)
    failed: NDArray[np.bool_] = np.array([name != HELD for name in stops.reason], bool)
    length = micro
    if length is None:
        length = micro_length(down_times(activity.windows, stops.select(failed), step=0.0, least=0.0))
    stops = micro_apart(stops, length)
    return grouped(stops, named, least=least), length, int(named.sum())


def _calibrated(activity: Activity, name: str, settings: Settings) -> Calibration | None:
    """The failure modes of a machine, where there are enough failures."""
    failed = activity.failed
    stops = activity.stops
    whole = failed if stops.cut_off is None else failed & ~stops.cut_off
    if whole.sum() < _FEWEST:
        return None
    return calibrate(stops, None, activity.windows, holds=(HELD,), station=name, settings=settings)


def _lost(activity: Activity) -> list[Note]:
    """What is cut off, for the report."""
    cut = activity.stops.cut_off
    if cut is None or not cut.any():
        return []
    what = "the end of the stop was not seen: it lasted longer, and counts so"
    return [noted(what, activity.stops.rows[cut], float(activity.stops.duration[cut].sum()))]
