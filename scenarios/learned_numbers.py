"""Every number that was learned, with its interval, and how many cases it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.learned_words import interval
from surrogates.pages.content import Part, Table
from surrogates.pages.words import stated
from twin.learn.learned import Learned
from twin.learn.station import StationFacts
from viz.numbers import UNKNOWN, number

__all__ = ["numbers", "rests_on", "unit_of_path"]

_PLAIN = (".cv", ".shape", ".weight", ".share", ".scrap")
_MANY = 60


def numbers(found: Learned) -> Iterator[Part]:
    """One table in the words of the line file."""
    level = stated(found.settings.level)
    rows = []
    for path, one in found.intervals.items():
        n = rests_on(found, path)
        count = UNKNOWN if n is None else f"{n:,}"
        rows.append((path, number(one.value), interval(one.low, one.high), unit_of_path(path), count))
    heads = ("number", "value", f"{level} interval", "unit", "n")
    if rows:
        yield Table("Numbers of the line, named as in its file", heads, rows, left=(0, 3), folded=len(rows) > _MANY)
        yield (
            "A dash for the interval: none was drawn, because the number hardly varies (a transport, a setup). A dash"
            " for the unit: a plain number, such as a share."
        )
    else:
        yield "There is no line, so there are no numbers of one; times by station and activity stand above."


def unit_of_path(path: str) -> str:
    """The unit of a number of a line.

    Example:
        >>> unit_of_path("saw.process.time.mean"), unit_of_path("saw.process.time.cv")
        ('s', '–')
    """
    return UNKNOWN if path.endswith(_PLAIN) else "s"


def rests_on(found: Learned, path: str) -> int | None:
    """How many visits, changes, stops or parts a number rests on; None where that is not counted."""
    if path.startswith("product."):
        return found.route.cases
    names = [name for name in found.stations if path.startswith(f"{name}.")]
    if not names:
        return max(found.route.cases - 1, 0) if path.startswith("source.") else None
    facts = found.stations[max(names, key=len)]
    return _at_station(facts, path[len(facts.name) + 1 :])


def _at_station(facts: StationFacts, path: str) -> int | None:
    if path.startswith("process.product."):
        rest = path.removeprefix("process.product.")
        keys = [key for key in facts.times if key and rest.startswith(f"{key}.")]
        return facts.times[max(keys, key=len)].n if keys else None
    if path.startswith("process.time."):
        usual = "" if "" in facts.times else max(facts.times, key=lambda key: facts.times[key].n)
        return facts.times[usual].n
    counts = {
        "scrap": facts.scrap and facts.scrap.n,
        "rework.": facts.rework and facts.rework.n,
        "setup.": facts.setup and facts.setup.n,
        "failure.": facts.stops and facts.stops.count,
    }
    return next((n for word, n in counts.items() if path.startswith(word)), None)
