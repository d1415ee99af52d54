"""One machine (or one conveyor): from the coming of a part to the end of its visit, given when the machine became free.

Setup, calendar maintenance and standby of an empty machine are worked out when its next part comes: nothing else
depends on them in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, inf

from oracles.model import OracleMaintenance, OracleStation
from oracles.stops import OpenTime, OperatingFailures, process


@dataclass
class Stay:
    """One visit while it is simulated; see `Visit` for the fields."""

    part: int
    product: str
    visit: int
    arrive: float | None  # None: from a saturated source, arrives when it starts
    machine: int | None = None
    start: float | None = None
    finish: float | None = None
    depart: float | None = None
    scrapped: bool = False
    attempts: int = 1
    down: float = 0.0
    repair_after: float = 0.0
    setup_begin: float | None = None
    setup_end: float | None = None
    maintenance: list[tuple[str, float, float]] = field(default_factory=list)


class Upkeep:
    """One planned maintenance of one machine."""

    def __init__(self, plan: OracleMaintenance):
        self.plan = plan
        self.count = 0.0  # seconds processed or visits made since the last one
        self.due = plan.every if plan.clock == "calendar" else inf  # next due moment on the calendar

    def done_at(self, begin: float) -> tuple[str, float, float]:
        """Do it at `begin`: this clears every due moment up to and including `begin`."""
        self.count = 0.0
        if self.plan.clock == "calendar":
            self.due = (floor(begin / self.plan.every) + 1) * self.plan.every
        return self.plan.name, begin, self.plan.duration


class Machine:
    """A machine and what it remembers from visit to visit."""

    def __init__(self, station: OracleStation, number: int, closed: Sequence[tuple[float, float]]):
        self.station, self.number = station, number
        self.open_time = OpenTime(closed, station.failures, number)
        self.failures = OperatingFailures(station.failures, number)
        self.upkeep = [Upkeep(plan) for plan in station.maintenance]
        self.product: str | None = None
        self.age = 0.0
        self.ready = 0.0  # no repair, no maintenance and no early setup from here on, as far as known
        self.renewing: set[int] = set()  # failures that calendar maintenance renews before the next visit
        self.log: list[tuple[str, float, float]] = []  # maintenance since the last visit, shared with its Stay

    def leave(self, moment: float) -> None:
        """The part has left at `moment`."""
        self.ready = max(self.ready, moment)

    def serve(self, stay: Stay, come: float) -> None:
        """Fill in the visit of a part that comes (or came) at `come`, on this machine, which is free."""
        setup = self.station.setup
        seconds = setup.seconds(self.product, stay.product) if setup else 0.0
        loaded = bool(setup) and setup.begins == "loaded"
        if seconds and not loaded:
            stay.setup_begin = self._when_maintained(self.ready)
            stay.setup_end = self.ready = self.open_time.move(stay.setup_begin, seconds)[0]
        stay.start = self._start(come)
        begin = stay.start
        if seconds and loaded:
            stay.setup_begin = begin
            stay.setup_end = self.open_time.move(begin, seconds)[0]
            begin = self.open_time.first_open(stay.setup_end)
        self._work(stay, begin)
        self._after(stay)

    def _start(self, come: float) -> float:
        """The first moment from `come` on at which the machine is ready, awake, maintained and may work."""
        while (end := self._maintain(come)) is not None:
            self.ready = end
        idle = come - self.ready
        wake = next((wake for after, wake in reversed(self.station.standby) if idle > after), 0.0)
        return self._when_maintained(come + wake)

    def _when_maintained(self, earliest: float) -> float:
        """The first open moment from `earliest` on, after all calendar maintenance that falls due until then."""
        while True:
            moment = self.open_time.first_open(max(earliest, self.ready))
            end = self._maintain(moment)
            if end is None:
                return moment
            self.ready = end

    def _maintain(self, until: float) -> float | None:
        """Do the earliest calendar maintenance due not later than `until`; when it ends, None if there is none."""
        upkeep = min(self.upkeep, key=lambda upkeep: upkeep.due, default=None)
        if upkeep is None or upkeep.due > until:
            return None
        begin = max(upkeep.due, self.ready)
        self.log.append(upkeep.done_at(begin))
        self.renewing |= set(upkeep.plan.renews)
        return begin + upkeep.plan.duration

    def _work(self, stay: Stay, begin: float) -> None:
        """All attempts, from the open moment `begin` on."""
        station = self.station
        attempts, scrapped = [], False
        while True:
            attempts.append(station.work(stay.visit, len(attempts), self.number, stay.product))
            again = bool(station.rework) and station.rework(stay.visit, len(attempts) - 1)
            if not again:
                scrapped = bool(station.scrap) and station.scrap(stay.visit)
                break
            if len(attempts) == station.max_attempts:
                scrapped = True
                break
        for mode in self.renewing:
            self.failures.renew(mode, self.age)
        self.renewing = set()
        result = process(begin, sum(attempts), self.age, self.open_time, self.failures)
        if result.scrapped:  # by a failure: count the attempts begun, one that would begin just then included
            stay.attempts = sum(sum(attempts[:number]) <= result.worked for number in range(len(attempts)))
        else:
            stay.attempts = len(attempts)
        stay.finish, stay.scrapped = result.finish, result.scrapped or scrapped
        stay.down, stay.repair_after = result.down, result.repair_after
        self.age += result.worked
        for upkeep in self.upkeep:
            upkeep.count += 1 if upkeep.plan.clock == "parts" else result.worked

    def _after(self, stay: Stay) -> None:
        """Repair after a scrapping failure, then the maintenance that this visit made due, in the order listed."""
        self.product, self.log = stay.product, stay.maintenance
        self.ready = stay.finish + stay.repair_after
        for upkeep in self.upkeep:
            if self._is_due(upkeep.plan, upkeep.count):
                self.log.append(upkeep.done_at(self.ready))
                self.ready += upkeep.plan.duration
                for mode in upkeep.plan.renews:
                    self.failures.renew(mode, self.age)

    def _is_due(self, plan: OracleMaintenance, count: float) -> bool:
        if plan.foresees is not None:
            return self.failures.left(plan.foresees, self.age) <= plan.every
        return plan.clock != "calendar" and count >= plan.every


class Conveyor:
    """All places of a conveyor together."""

    def __init__(self, station: OracleStation, closed: Sequence[tuple[float, float]]):
        self.station = station
        self.open_time = OpenTime(closed, station.failures, 0)
        self.last_start: float | None = None
        self.freed = 0.0

    def leave(self, moment: float) -> None:
        """A place is free: a part that waited for it starts then."""
        self.freed = moment

    def serve(self, stay: Stay, come: float) -> None:
        """Fill in the visit of a part that comes at `come` and has a place; parts are served in order of coming."""
        earliest = max(come, self.freed)
        if self.last_start is not None:
            earliest = max(earliest, self.open_time.move(self.last_start, self.station.pitch)[0])
        stay.start = self.last_start = self.open_time.first_open(earliest)
        residence = self.station.work(stay.visit, 0, stay.machine, stay.product)
        stay.finish = self.open_time.move(stay.start, residence)[0]
        stay.scrapped = bool(self.station.scrap) and self.station.scrap(stay.visit)
