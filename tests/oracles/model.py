"""What the event-based oracle is told: a line with every random number already given, as data or as a function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OracleSetup:
    """Setup seconds by (previous product, next product); `default` for pairs that are not in `changes`."""

    default: float = 0.0
    changes: Mapping[tuple[str, str], float] = field(default_factory=dict)
    begins: str = "early"  # or "loaded"

    def seconds(self, previous: str | None, following: str) -> float:
        """The first product of a machine is free, and the same product again needs no setup."""
        if previous is None or previous == following:
            return 0.0
        return self.changes.get((previous, following), self.default)


@dataclass(frozen=True)
class OracleFailure:
    """One failure mode: for each machine its up and down times in order (for a conveyor those of machine 0)."""

    up: Sequence[Sequence[float]]
    down: Sequence[Sequence[float]]
    clock: str = "operating"  # or "calendar"
    interrupted: str = "kept"  # or "scrapped"


@dataclass(frozen=True)
class OracleMaintenance:
    """Planned maintenance of every machine, each for itself; `every` in seconds or, on the clock "parts", in visits."""

    name: str
    every: float
    duration: float
    clock: str  # "operating", "parts", "calendar", or "condition": `every` is then the warning time
    renews: tuple[int, ...] = ()  # operating failures of the station, counted among those
    foresees: int | None = None  # with "condition": the one that is seen coming


@dataclass(frozen=True)
class OracleStation:
    """One station. `visit` counts the parts in order of coming (from 0), `attempt` the attempts of a visit (from 0)."""

    name: str
    work: Callable[[int, int, int, str], float]  # (visit, attempt, machine, product) -> seconds
    machines: int = 1
    buffer: int = 0
    kind: str = "machines"  # or "conveyor": then `machines` is the number of places on it
    pitch: float = 0.0
    transport: float = 0.0
    rework: Callable[[int, int], bool] | None = None  # (visit, attempt) -> asks for another attempt
    max_attempts: int = 1
    scrap: Callable[[int], bool] | None = None  # visit -> found bad at the end
    setup: OracleSetup | None = None
    failures: Sequence[OracleFailure] = ()
    maintenance: Sequence[OracleMaintenance] = ()
    standby: Sequence[tuple[float, float]] = ()  # (after, wake) from light to deep
    rows: int | None = None  # visits 0 ... rows-1 can start, no others


@dataclass(frozen=True)
class OracleLine:
    """The whole line. `closed` are the breaks and the time between shifts: sorted, disjoint (begin, end)."""

    stations: Sequence[OracleStation]
    release: Callable[[int], float | None] | Sequence[float] | None = None  # None: saturated; a part at None: no more
    product: Callable[[int], str] = lambda part: "A"
    pallets: int | None = None
    closed: Sequence[tuple[float, float]] = ()

    def release_time(self, part: int) -> float | None:
        """The moment at which `part` is released, None when there is no such part."""
        if callable(self.release):
            return self.release(part)
        return self.release[part] if part < len(self.release) else None


@dataclass(frozen=True)
class Visit:
    """One part at one station. Times after the end of the run are None, and so is what is known only at these times."""

    part: int
    product: str
    station: str
    machine: int | None  # None when the visit has not started
    visit: int
    arrive: float
    start: float | None
    finish: float | None
    depart: float | None
    scrapped: bool | None  # from here on to `repair_after`: None without a finish
    attempts: int | None  # attempts begun
    down: float | None  # repairs inside the visit (operating clock)
    repair_after: float | None  # repair after a scrapping failure (operating clock), from `finish` on
    setup_begin: float | None
    setup_end: float | None
    maintenance: tuple[tuple[str, float, float], ...]  # (name, begin, seconds) between this finish and the next start


def check(line: OracleLine) -> None:
    """Raise ValueError for what the page does not define."""
    first = line.stations[0]
    if line.release is None and (first.buffer or first.transport):
        raise ValueError("a saturated source has no buffer and no transport in front of the first station")
    for station in line.stations:
        words = [
            (station.kind, ("machines", "conveyor")),
            *((mode.clock, ("operating", "calendar")) for mode in station.failures),
            *((mode.interrupted, ("kept", "scrapped")) for mode in station.failures),
            *((plan.clock, ("operating", "parts", "calendar", "condition")) for plan in station.maintenance),
            *((setup.begins, ("early", "loaded")) for setup in [station.setup] if setup),
        ]
        for word, known in words:
            if word not in known:
                raise ValueError(f"{station.name}: {word!r} is none of {known}")
        if station.kind == "conveyor":
            only_held = all((mode.clock, mode.interrupted) == ("calendar", "kept") for mode in station.failures)
            if station.rework or station.setup or station.maintenance or station.standby or not only_held:
                raise ValueError(f"{station.name}: a conveyor knows scrap, breaks and kept calendar failures only")
