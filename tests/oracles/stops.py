"""Time in which a machine may work, and how work moves forward through it.

A closed interval [begin, end) comes from the line (breaks, nights) or from a calendar failure of the machine. Closed
intervals that overlap or touch are one. Work starts in no closed moment, so a start exactly at `begin` waits for `end`;
work that is complete exactly at `begin` is done.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf

from oracles.model import OracleFailure


class ExhaustedError(Exception):
    """The given up and down times do not reach as far as the run."""


class OpenTime:
    """The open time of one machine: the line's closed intervals and this machine's calendar failures taken away."""

    def __init__(self, closed: Sequence[tuple[float, float]], failures: Sequence[OracleFailure], machine: int):
        intervals = [(begin, end) for begin, end in closed if begin < end]
        self.known_until = inf
        scrapping = set()
        for mode in (mode for mode in failures if mode.clock == "calendar"):
            moment = 0.0
            for up, down in zip(mode.up[machine], mode.down[machine], strict=True):
                begin, moment = moment + up, moment + up + down
                if down > 0 and begin < inf:
                    intervals.append((begin, moment))
                    if mode.interrupted == "scrapped":
                        scrapping.add(begin)
            self.known_until = min(self.known_until, moment)
        self.closed: list[tuple[float, float]] = []
        for begin, end in sorted(intervals):
            if self.closed and begin <= self.closed[-1][1]:
                self.closed[-1] = (self.closed[-1][0], max(end, self.closed[-1][1]))
            else:
                self.closed.append((begin, end))
        self.begins = [begin for begin, _ in self.closed]
        self.scrapping = scrapping  # only those that begin a closed interval can interrupt work in progress

    def first_open(self, moment: float) -> float:
        """The first open moment from `moment` on."""
        before = bisect_right(self.begins, moment) - 1
        if before >= 0 and moment < self.closed[before][1]:
            moment = self.closed[before][1]
        return self._known(moment)

    def move(
        self, moment: float, work: float, complete: bool = True, processing: bool = False
    ) -> tuple[float, float, bool]:
        """Work `work` seconds from `moment` on: (moment reached, seconds worked, whether a stop scraps the part).

        The moment reached is the earliest at which the work is done. `complete` says that the visit has no work left
        then; with `processing`, a scrapping stop cuts the work off when it begins while the machine works and work is
        left.
        """
        if work == 0:
            return moment, 0.0, False
        worked = 0.0
        for opens, closes in self._stretches(moment):
            cuts = processing and closes in self.scrapping
            left, stretch = work - worked, closes - opens
            if left < stretch or (left == stretch and (complete or not cuts)):
                return self._known(opens + left), work, False
            worked += stretch
            if cuts:
                return self._known(closes), worked, True
        raise AssertionError("the last stretch has no end")

    def _stretches(self, moment: float) -> Iterator[tuple[float, float]]:
        """The open stretches from `moment` on."""
        opens = self.first_open(moment)
        for begin, end in self.closed[bisect_right(self.begins, opens) :]:
            yield opens, begin
            opens = end
            self._known(opens)
        yield opens, inf

    def _known(self, moment: float) -> float:
        if moment > self.known_until:
            raise ExhaustedError(f"calendar failures are given until {self.known_until}, but {moment} is needed")
        return moment


class OperatingFailures:
    """The failures of one machine on the operating clock, in order of age."""

    def __init__(self, failures: Sequence[OracleFailure], machine: int):
        self.modes = [mode for mode in failures if mode.clock == "operating"]
        self.ages = [list(accumulate(mode.up[machine])) for mode in self.modes]
        self.repairs = [list(mode.down[machine]) for mode in self.modes]
        self.taken = [0] * len(self.modes)

    def next(self) -> tuple[float, bool, int]:
        """(age, kept, number of the mode) of the next failure: of equal ages a scrapping one first, then as listed."""
        pending = []
        for number, mode in enumerate(self.modes):
            if self.taken[number] == len(self.ages[number]):
                raise ExhaustedError(f"failure mode {number}: more than {self.taken[number]} up times are needed")
            pending.append((self.ages[number][self.taken[number]], mode.interrupted == "kept", number))
        return min(pending, default=(inf, True, -1))

    def renew(self, number: int, age: float) -> None:
        """Make mode `number` as good as new at that age: its next time to failure begins now."""
        dropped = self.ages[number][self.taken[number]]
        self.taken[number] += 1
        self.ages[number] = [moment - dropped + age for moment in self.ages[number]]

    def left(self, number: int, age: float) -> float:
        """Processing time until mode `number` strikes."""
        if self.taken[number] == len(self.ages[number]):
            raise ExhaustedError(f"failure mode {number}: more than {self.taken[number]} up times are needed")
        return self.ages[number][self.taken[number]] - age

    def take(self, number: int) -> float:
        """Let the next failure of mode `number` happen; its repair time."""
        self.taken[number] += 1
        return self.repairs[number][self.taken[number] - 1]


@dataclass(frozen=True)
class Processed:
    """How the processing of one visit went."""

    finish: float
    worked: float
    down: float = 0.0
    repair_after: float = 0.0
    scrapped: bool = False


def process(begin: float, amount: float, age: float, open_time: OpenTime, failures: OperatingFailures) -> Processed:
    """Process `amount` seconds from the open moment `begin` on, on a machine that has processed `age` seconds before.

    A failure on the operating clock strikes at the earliest moment at which its age is reached, if work is left then.
    Its repair runs through closed time; failures of the same age are repaired one directly after the other, and work
    resumes at the first open moment after the last repair.
    """
    now, worked, down = begin, 0.0, 0.0
    while True:
        failure_age, kept, mode = failures.next()
        strikes = failure_age - age < amount
        goal = failure_age - age if strikes else amount
        now, done, cut = open_time.move(now, goal - worked, complete=not strikes, processing=True)
        worked += done
        if cut:
            return Processed(now, worked, down, scrapped=True)
        if not strikes:
            return Processed(now, worked, down)
        repair = failures.take(mode)
        if not kept:
            return Processed(now, worked, down, repair_after=repair, scrapped=True)
        now += repair
        down += repair
