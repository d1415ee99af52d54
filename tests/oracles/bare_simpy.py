"""The textbook SimPy model of a line: the speed yardstick. One process per machine, nothing recorded but departures."""

import random
from collections.abc import Callable, Iterator

import simpy


def run(
    stations: int,
    places: int,
    parts: int,
    mean: float,
    seed: int,
    mttf: float | None = None,
    mttr: float | None = None,
) -> float:
    """Parts per second of a saturated line with `places` between the machines, without the first tenth of the parts.

    Work is exponential; with `mttf` and `mttr` it is constant, and breakdowns that age with processing are exponential.
    """
    env = simpy.Environment()
    machine = _buffered if places else _unbuffered
    buffers = [simpy.Store(env, capacity=places or 1) for _ in range(stations - 1)]
    asks = [simpy.Store(env, capacity=1) for _ in range(stations - 1)]
    departures: list[float] = []
    done = env.event()
    for station in range(stations):
        work = _work(mean, random.Random(f"{seed}/{station}"), mttf, mttr)
        before = (buffers[station - 1], asks[station - 1]) if station else None
        after = (buffers[station], asks[station]) if station < stations - 1 else None
        env.process(machine(env, work, before, after, departures, parts, done))
    env.run(until=done)
    warmup = parts // 10
    return (parts - 1 - warmup) / (departures[-1] - departures[warmup])


_Link = tuple[simpy.Store, simpy.Store] | None  # the buffer, and the requests for a part where there is no buffer


def _buffered(
    env: simpy.Environment,
    work: Callable[[], float],
    before: _Link,
    after: _Link,
    departures: list[float],
    parts: int,
    done: simpy.Event,
) -> Iterator[simpy.Event]:
    """A machine that takes parts from a buffer and is blocked while the next buffer is full."""
    while True:
        if before:
            yield before[0].get()
        yield env.timeout(work())
        if after:
            yield after[0].put(None)
        else:
            departures.append(env.now)
            if len(departures) == parts:
                done.succeed()


def _unbuffered(
    env: simpy.Environment,
    work: Callable[[], float],
    before: _Link,
    after: _Link,
    departures: list[float],
    parts: int,
    done: simpy.Event,
) -> Iterator[simpy.Event]:
    """A machine that keeps its part until the next machine asks for it."""
    while True:
        if before:
            before[1].put(None)
            yield before[0].get()
        yield env.timeout(work())
        if after:
            yield after[1].get()
            after[0].put(None)
        else:
            departures.append(env.now)
            if len(departures) == parts:
                done.succeed()


def _work(mean: float, draw: random.Random, mttf: float | None, mttr: float | None) -> Callable[[], float]:
    """Seconds at a machine, breakdowns included."""
    exponential = draw.expovariate
    if mttf is None or mttr is None:
        rate = 1 / mean
        return lambda: exponential(rate)
    until_failure = exponential(1 / mttf)

    def with_breakdowns() -> float:
        nonlocal until_failure
        seconds = mean
        until_failure -= mean
        while until_failure < 0:
            until_failure += exponential(1 / mttf)
            seconds += exponential(1 / mttr)
        return seconds

    return with_breakdowns
