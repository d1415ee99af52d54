"""One machine behind an unlimited queue, told second by second: a check of what the event oracle works out afterwards.

All times are whole seconds. Nothing is worked out in advance: at every second the machine looks at what is the case,
does what it may do, and then lives through one second. Work of zero seconds is not meant.
"""

from dataclasses import dataclass, field

from oracles.model import OracleFailure, OracleStation


@dataclass
class Told:
    """What one visit looked like."""

    start: int
    finish: int | None = None
    scrapped: bool = False
    maintenance: list[tuple[str, int, int]] = field(default_factory=list)


def _down(mode: OracleFailure) -> list[tuple[int, int]]:
    """The calendar failures of the machine."""
    moment, intervals = 0, []
    for up, down in zip(mode.up[0], mode.down[0], strict=True):
        intervals.append((moment + up, moment + up + down))
        moment += up + down
    return intervals


class Story:
    """The machine, its queue and the clock."""

    def __init__(self, station: OracleStation, release: list[int], products: str, closed: list[tuple[int, int]]):
        self.station, self.release, self.products = station, release, products
        calendar = [mode for mode in station.failures if mode.clock == "calendar"]
        self.closed = closed + [interval for mode in calendar for interval in _down(mode)]
        self.scrapping = {begin for mode in calendar if mode.interrupted == "scrapped" for begin, _ in _down(mode)}
        self.now = 0
        self.visits: list[Told] = []
        self.in_visit = False
        self.loaded_setup = self.early_setup = self.work = 0  # seconds left
        self.jobs: list[tuple[str, int]] = []  # repair and maintenance to do now, one after the other
        self.job_end: int | None = None
        self.repaired = 0  # end of the repair inside the visit
        self.progress = False  # whether processing went on in the last second
        self.begun = False  # whether processing has begun in this visit
        self.product: str | None = None
        self.set_up_for: int | None = None  # the part for which the early setup has been made
        self.idle_since: int | None = None
        self.awake_at: int | None = None  # when the part that has come may start
        self.age = 0
        self.counts = {plan.name: 0 for plan in station.maintenance}
        self.overdue: list[tuple[int, int]] = []  # (due moment, number of the plan)
        self.struck = [0] * len(station.failures)

    def tell(self) -> list[Told]:
        """Everything until the last part has left."""
        while len(self.visits) < len(self.release) or self.in_visit:
            self._note_due_moments()
            while self._something_happens():
                pass
            self._live_one_second()
        return self.visits

    def _closed(self) -> bool:
        return any(begin <= self.now < end for begin, end in self.closed)

    def _note_due_moments(self) -> None:
        for number, plan in enumerate(self.station.maintenance):
            if plan.clock == "calendar" and self.now and self.now % plan.every == 0:
                self.overdue.append((self.now, number))

    def _something_happens(self) -> bool:
        if self.in_visit:
            return self._during_a_visit()
        return self._when_empty()

    def _during_a_visit(self) -> bool:
        if self.loaded_setup or (not self.begun and self._closed()):
            return False
        if self.begun and self.work == 0:
            return self._leave(scrapped=False)
        if self.progress and self.now in self.scrapping:
            return self._leave(scrapped=True)
        self.begun = True
        if self.repaired > self.now:
            return False
        return self._strike()

    def _strike(self) -> bool:
        modes = list(enumerate(self.station.failures))
        for number, mode in sorted(modes, key=lambda pair: pair[1].interrupted == "kept"):
            if mode.clock == "operating" and self.age == sum(mode.up[0][: self.struck[number] + 1]):
                repair = mode.down[0][self.struck[number]]
                self.struck[number] += 1
                if mode.interrupted == "scrapped":
                    return self._leave(scrapped=True, repair=repair)
                self.repaired = self.now + repair
                return True
        return False

    def _leave(self, scrapped: bool, repair: int = 0) -> bool:
        visit = self.visits[-1]
        visit.finish, visit.scrapped, self.in_visit = self.now, scrapped, False
        self.product = self.products[len(self.visits) - 1]
        self.jobs = [("repair", repair)] if repair else []
        for plan in self.station.maintenance:
            self.counts[plan.name] += plan.clock == "parts"
            if plan.clock != "calendar" and self.counts[plan.name] >= plan.every:
                self.jobs.append((plan.name, plan.duration))
                self.counts[plan.name] = 0
        self.idle_since = self.awake_at = None
        return True

    def _when_empty(self) -> bool:
        if self.job_end is not None and self.job_end > self.now:
            return self._look_at_the_queue()
        self.job_end = None
        if self.early_setup:
            return False
        if self.jobs:
            return self._begin_job(*self.jobs.pop(0))
        if self.overdue:
            plan = self.station.maintenance[min(self.overdue)[1]]
            self.overdue = [due for due in self.overdue if self.station.maintenance[due[1]] is not plan]
            return self._begin_job(plan.name, plan.duration)
        return self._prepare()

    def _begin_job(self, name: str, seconds: int) -> bool:
        if name != "repair" and self.visits:
            self.visits[-1].maintenance.append((name, self.now, seconds))
        self.job_end, self.idle_since = self.now + seconds, None
        return True

    def _prepare(self) -> bool:
        part, setup = len(self.visits), self.station.setup
        if part == len(self.release):
            return False
        seconds = setup.seconds(self.product, self.products[part]) if setup else 0
        if setup and setup.begins == "early":
            if seconds and self.set_up_for != part:
                if not self._closed():
                    self.early_setup, self.set_up_for = seconds, part
                return False
            seconds = 0
        if self.idle_since is None:
            self.idle_since = self.now
            return True
        if self._look_at_the_queue():
            return True
        if self.awake_at is None or self.awake_at > self.now or self._closed():
            return False
        self.visits.append(Told(self.now))
        self.in_visit, self.begun, self.progress, self.repaired = True, False, False, 0
        self.loaded_setup, self.work = seconds, self.station.work(part, 0, 0, self.products[part])
        return True

    def _look_at_the_queue(self) -> bool:
        """When the next part is there: how long the machine needs to wake up."""
        part = len(self.visits)
        if self.awake_at is not None or part == len(self.release) or self.release[part] > self.now:
            return False
        idle = 0 if self.idle_since is None else self.now - self.idle_since
        self.awake_at = self.now + next((wake for after, wake in reversed(self.station.standby) if idle > after), 0)
        return True

    def _live_one_second(self) -> None:
        self.progress = False
        if not self._closed():
            if self.early_setup:
                self.early_setup -= 1
            elif self.in_visit and self.loaded_setup:
                self.loaded_setup -= 1
            elif self.in_visit and self.repaired <= self.now:
                self.progress = True
                self.work -= 1
                self.age += 1
                for plan in self.station.maintenance:
                    self.counts[plan.name] += plan.clock == "operating"
        self.now += 1
