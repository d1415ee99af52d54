"""The numbers of a line by path, in the words of its file: what a calibration estimates, and what may be uncertain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from twin.distribution import Distribution
from twin.errors import nearest, shown
from twin.line import Failure, Line, Setup, Station

__all__ = ["drawn", "numbers_of", "with_numbers"]

Get = Callable[[str, float], float]


def numbers_of(line: Line) -> dict[str, float]:
    """All numbers that a calibration may estimate, in SI units.

    Process times ("S1.process.time.mean", "S1.process.product.B.cv"), "S1.transport", "S1.scrap", "S1.rework.share",
    "S1.setup.default", "S1.setup.A>B", "S1.failure.jam.up.mean", "source.time.mean", "product.A.share". Parts of a
    mixture are numbered from 1: "S1.process.time.parts.1.weight".

    Example:
        >>> from twin.spec import load_line
        >>> numbers_of(load_line("reference"))["S1.process.time.mean"]
        1.0
    """
    found: dict[str, float] = {}

    def note(path: str, value: float) -> float:
        found[path] = float(value)
        return value

    _mapped(line, note)
    return found


def with_numbers(line: Line, numbers: Mapping[str, float]) -> Line:
    """The line with other numbers.

    Args:
        line: the line.
        numbers: path -> value in SI units; the rest stays.

    Raises:
        ValueError: when the line has no number of a path, naming the nearest.
    """
    known = numbers_of(line)
    for path in numbers:
        if path not in known:
            near = nearest(path, known)
            remedy = f"Use {shown(near)}" if near else "See twin.parameters.numbers_of(line)"
            raise ValueError(f"line {shown(line.name)} has no number {shown(path)}. {remedy}.")
    return _mapped(line, lambda path, value: float(numbers.get(path, value)))


def drawn(line: Line, place: int) -> Line:
    """The line with the numbers of one of its draws; counted on from the first after the last.

    Numbers that the line has no more, because a piece of it was replaced, are left out.

    Raises:
        ValueError: when the line has no draws.
    """
    if not line.draws:
        raise ValueError(
            f"line {shown(line.name)} has no draws; they come with a line that `linetwin calibrate` wrote."
        )
    known = numbers_of(line)
    row = zip(line.draws.paths, line.draws.values[place % len(line.draws)], strict=True)
    return with_numbers(line, {path: value for path, value in row if path in known})


def _mapped(line: Line, get: Get) -> Line:
    """The line with every number replaced by what `get` says of its path and value."""
    stations = tuple(_station(station, get) for station in line.stations)
    source = line.source
    if source.time is not None:
        source = replace(source, time=_law(source.time, "source.time", get))
    products = line.products
    if len(products) > 1:
        products = tuple(replace(one, share=get(f"product.{one.name}.share", one.share)) for one in products)
    return replace(line, stations=stations, source=source, products=products)


def _station(station: Station, get: Get) -> Station:
    name, process = station.name, station.process
    if process.time is not None:
        laws = {kind: _law(law, f"{name}.process.product.{kind}", get) for kind, law in process.product.items()}
        process = replace(process, time=_law(process.time, f"{name}.process.time", get), product=laws)
    changed = {
        "process": process,
        "transport": get(f"{name}.transport", station.transport) if station.transport else 0.0,
        "scrap": get(f"{name}.scrap", station.scrap) if station.scrap else 0.0,
        "rework": station.rework and replace(station.rework, share=get(f"{name}.rework.share", station.rework.share)),
        "setup": station.setup and _setup(station.setup, f"{name}.setup", get),
        "failures": tuple(_failure(one, f"{name}.failure.{one.name}", get) for one in station.failures),
    }
    return replace(station, **changed)


def _setup(setup: Setup, path: str, get: Get) -> Setup:
    changes = {pair: get(f"{path}.{'>'.join(pair)}", time) for pair, time in setup.changes.items()}
    return replace(setup, default=get(f"{path}.default", setup.default) if setup.default else 0.0, changes=changes)


def _failure(failure: Failure, path: str, get: Get) -> Failure:
    return replace(failure, up=_law(failure.up, f"{path}.up", get), down=_law(failure.down, f"{path}.down", get))


def _law(law: Distribution, path: str, get: Get) -> Distribution:
    if law.family == "mixture":
        parts = tuple(_parts(law, path, get))
        return replace(law, parts=parts)
    return replace(law, numbers={name: get(f"{path}.{name}", value) for name, value in law.numbers.items()})


def _parts(law: Distribution, path: str, get: Get) -> Iterator[tuple[float, Distribution]]:
    for place, (weight, part) in enumerate(law.parts, start=1):
        yield get(f"{path}.parts.{place}.weight", weight), _law(part, f"{path}.parts.{place}", get)
