"""The oracle: one replication of a line as an event simulation on SimPy, written from docs/semantics.md.

All random numbers are given (`OracleLine`, `OracleStation`), so a line has exactly one right answer. All times have
to be multiples of 1/1024 (2**-20 at the finest), so that sums are exact and ties are real ties. At every moment
all events of that moment happen first; then the line is settled: as long as something can move it moves, always the
most downstream possibility first, and within a station a part leaves before one loads.

Additional readings, where the page leaves more than one:

 1. *Rows*: visit s (in order of coming) takes row s. Visits without a row never start; their parts wait where they
    are. At a saturated source they do not enter.
 2. *Pallets*: a part that leaves the line anywhere, good or as scrap, frees its pallet. From a queue outside, part n
    arrives at max(release + transport, the moment a pallet is free). The buffer of station 1 plays no part behind a
    queue outside.
 3. *Saturated source*: a part comes (for setup, standby, maintenance) at the moment a machine of station 1 and a
    pallet are free; arrive = start.
 4. *Setup*: none between equal products, whatever `changes` says. A scrapped part sets the machine's product like a
    good one. An early setup begins at the first open moment at which the machine is free, repaired and maintained (a
    scrapping failure's repair first), and is suspended by breaks and calendar failures.
 5. *Attempts* of a visit that a failure ended: those begun, one that would begin at that very age included.
 6. *Operating clock*: a failure strikes at the earliest moment at which its age is reached, also when a break begins
    just then. Processing begins at the first open moment (after a loaded setup too), and a failure that strikes at
    the beginning of a visit strikes then, after the loaded setup. Failures of equal age: a scrapping one first,
    otherwise as listed; repairs of equal age follow each other directly. Those that a scrapping failure of the same
    age leaves over strike at the beginning of the machine's next visit. A scrapped visit adds to the age what it has
    processed.
 7. *Calendar failures, `scrapped`*: the part is scrapped when the failure begins while its processing makes progress
    up to that moment and work is left; not during a break, an operating repair, a loaded setup, another calendar
    failure (nor when one of these ends just then). If a break begins at the same moment, it is scrapped. If an
    operating failure's age is reached at the same moment, the calendar failure ends the visit and the other strikes
    in the next one. Several modes are each drawn through everything, and the machine is down while any of them is.
 8. *Repair and maintenance* run through breaks and through calendar failures, and may begin in them.
 9. *Maintenance on the clocks operating and parts*: checked at the finish of every visit (scrapped ones included), in
    the order listed; begins at finish + repair after a scrapping failure; the count starts again from 0.
10. *Calendar maintenance*: a visit is from start to depart. A moment that falls due at or before the start is served
    before the start, even when the part is already there and waits. It begins at the due moment or, if later, when
    the machine is free, repaired and out of other maintenance and out of early setup. Falling due during an early
    setup (or at its end): after the setup. Falling due at the very moment at which a setup would begin: before it.
    Several: by due moment, then as listed. Doing it clears every due moment of the same plan up to and including its
    beginning; one that falls due while it is being done follows it.
11. *Standby*: the machine is idle from the latest of departure, repair, maintenance and early setup (0 at the
    beginning) until the part comes; breaks and calendar failures in between count as idle time. Maintenance due at or
    before the coming ends idleness. `wake` begins when the part comes, runs through closed time and beside
    maintenance that falls due after the coming. Waking comes before a loaded setup. A level is reached when idle >
    after.
12. *Conveyor*: first in first out to the exit too (a scrapped part waits for those before it, but needs no place
    downstream); machine = s modulo places; a blocked exit stops nothing on it; one list of calendar failures (machine
    0). Rework, setup, maintenance, standby, operating and scrapping failures are refused.
13. *Renewal*: a maintenance that renews a failure drops the time to failure that the machine is living through; the
    next one drawn begins at the age at which the maintenance is done, also when the old one was about to strike.
    Calendar maintenance renews once before a visit, however often it was done since the visit before. One that
    foresees a failure is due after a visit (in the order listed, after those before it renewed) from which on less
    than or exactly its warning time of processing is left.
14. *End of the run*: at `until`, or at the moment the N-th good part leaves, whichever is earlier, with everything of
    that moment, or when nothing can happen any more. `machine` is None until the start.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from math import inf

import simpy

from oracles.machine import Conveyor, Machine, Stay
from oracles.model import (
    OracleFailure,
    OracleLine,
    OracleMaintenance,
    OracleSetup,
    OracleStation,
    Visit,
    check,
)

__all__ = [
    "OracleFailure",
    "OracleLine",
    "OracleMaintenance",
    "OracleSetup",
    "OracleStation",
    "Visit",
    "simulate",
]


class _Station:
    """The parts at one station and its machines."""

    def __init__(self, data: OracleStation, closed: Sequence[tuple[float, float]]):
        self.data = data
        if data.kind == "conveyor":
            self.machines = [Conveyor(data, closed)] * data.machines
        else:
            self.machines = [Machine(data, number, closed) for number in range(data.machines)]
        self.free = deque(range(data.machines))  # the machine free longest first
        self.waiting: deque[Stay] = deque()  # in transport or in the buffer, in order of coming
        self.aboard: list[Stay] = []  # has a machine; in order of coming
        self.stays: list[Stay] = []  # all visits so far

    def has_place(self) -> bool:
        """Whether one more part may leave the station before."""
        return len(self.waiting) + len(self.aboard) < self.data.buffer + self.data.machines

    def may_start(self, visit: int) -> bool:
        """Whether a machine is free and visit number `visit` has a row."""
        return bool(self.free) and (self.data.rows is None or visit < self.data.rows)

    def expect(self, part: int, product: str, arrive: float | None) -> None:
        """A part is on its way to here."""
        stay = Stay(part, product, len(self.stays), arrive)
        self.stays.append(stay)
        self.waiting.append(stay)

    def load(self, now: float) -> Stay:
        """Give the next part the machine that has been free longest and work out its visit."""
        stay = self.waiting.popleft()
        stay.machine = self.free.popleft()
        self.machines[stay.machine].serve(stay, now if stay.arrive is None else stay.arrive)
        self.aboard.append(stay)
        return stay

    def next_to_leave(self, now: float, place_downstream: bool) -> Stay | None:
        """The part that leaves now: the earlier completion, then the one that came first."""
        candidates = self.aboard[:1] if self.data.kind == "conveyor" else self.aboard
        able = [stay for stay in candidates if stay.finish <= now and (stay.scrapped or place_downstream)]
        return min(able, key=lambda stay: (stay.finish, stay.visit), default=None)

    def unload(self, stay: Stay, now: float) -> None:
        """The part leaves its machine."""
        stay.depart = now
        self.aboard.remove(stay)
        self.free.append(stay.machine)
        self.machines[stay.machine].leave(now)


class _Run:
    """One run of a line."""

    def __init__(self, line: OracleLine):
        check(line)
        self.line = line
        self.env = simpy.Environment()
        self.stations = [_Station(data, line.closed) for data in line.stations]
        self.outside: deque[int] = deque()  # released parts that wait for a pallet
        self.entered = 0  # parts that have entered the line
        self.left = 0  # parts that have left it, good or as scrap
        self.good = 0  # good parts that have left its end
        if line.release is not None:
            self.env.process(self._source())

    def run(self, until: float | None, parts: int | None) -> float:
        """Simulate; the moment at which the run ended (infinity when nothing could happen any more)."""
        env, limit = self.env, inf if until is None else until
        self._settle()
        while parts is None or self.good < parts:
            moment = env.peek()
            if moment > limit or moment == inf:
                return limit
            while env.peek() == moment:
                env.step()
            self._settle()
        return env.now

    def _source(self) -> Iterator[simpy.Event]:
        """Release the parts one after the other."""
        transport = self.line.stations[0].transport
        previous = 0.0
        for part in count():
            released = self.line.release_time(part)
            if released is None:
                return
            if released < previous:
                raise ValueError(f"part {part} is released at {released}, before the part before it")
            previous = released
            yield self._at(released + transport)
            self.outside.append(part)

    def _at(self, moment: float) -> simpy.Event:
        """An event at `moment`."""
        if not float(moment * 2**20).is_integer():
            raise ValueError(f"{moment} is not a multiple of 2**-20: the oracle needs exact times")
        return self.env.timeout(moment - self.env.now)

    def _settle(self) -> None:
        """Let everything move that can move now, always the most downstream possibility first."""
        stations = list(reversed(range(len(self.stations))))
        while any(self._unload(number) or self._load(number) for number in stations) or self._enter():
            pass

    def _unload(self, number: int) -> bool:
        """Let one part leave station `number`, if one can."""
        station = self.stations[number]
        following = self.stations[number + 1] if number + 1 < len(self.stations) else None
        stay = station.next_to_leave(self.env.now, following is None or following.has_place())
        if stay is None:
            return False
        station.unload(stay, self.env.now)
        if stay.scrapped or following is None:
            self.left += 1
            self.good += not stay.scrapped
        else:
            following.expect(stay.part, stay.product, self.env.now + following.data.transport)
        return True

    def _load(self, number: int) -> bool:
        """Let one part take a machine of station `number`, if one can; it may still be on its way."""
        station = self.stations[number]
        if not station.waiting or not station.may_start(station.waiting[0].visit):
            return False
        stay = station.load(self.env.now)
        if stay.finish > self.env.now:
            self._at(stay.finish)  # at an earlier or equal moment the part leaves while the line is being settled
        return True

    def _enter(self) -> bool:
        """Let one part enter the line, if one can."""
        first, part = self.stations[0], self.entered
        if self.line.pallets is not None and self.entered - self.left >= self.line.pallets:
            return False
        if self.line.release is None:
            if not first.may_start(part):
                return False
            first.expect(part, self.line.product(part), None)
        elif self.outside:
            first.expect(self.outside.popleft(), self.line.product(part), self.env.now)
        else:
            return False
        self.entered += 1
        return True


def _row(name: str, stay: Stay, end: float) -> Visit | None:
    """The visit as it is known at `end`, None for a part that has not arrived by then."""

    def known(moment: float | None) -> float | None:
        return moment if moment is not None and moment <= end else None

    arrive = stay.start if stay.arrive is None else stay.arrive
    if known(arrive) is None:
        return None
    start, finish = known(stay.start), known(stay.finish)
    return Visit(
        part=stay.part,
        product=stay.product,
        station=name,
        machine=None if start is None else stay.machine,
        visit=stay.visit,
        arrive=arrive,
        start=start,
        finish=finish,
        depart=known(stay.depart),
        scrapped=None if finish is None else stay.scrapped,
        attempts=None if finish is None else stay.attempts,
        down=None if finish is None else stay.down,
        repair_after=None if finish is None else stay.repair_after,
        setup_begin=known(stay.setup_begin),
        setup_end=known(stay.setup_end),
        maintenance=tuple(done for done in stay.maintenance if done[1] <= end),
    )


def simulate(line: OracleLine, until: float | None = None, parts: int | None = None) -> list[Visit]:
    """Simulate the line until `until`, until `parts` good parts have left it, or until nothing can happen any more.

    All visits that have arrived by then, station by station in order of coming. Maintenance of an idle machine on the
    calendar is listed as far as the next visit of this machine needed it.
    """
    endless = line.release is None and all(station.rows is None for station in line.stations)
    if until is None and parts is None and endless:
        raise ValueError("this line runs for ever: give `until` or `parts`")
    run = _Run(line)
    end = run.run(until, parts)
    rows = [_row(station.data.name, stay, end) for station in run.stations for stay in station.stays]
    return [row for row in rows if row is not None]
