"""A learned line as a line file: each number with its interval and the count it rests on."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from twin.calibrate.words import number
from twin.distribution import Distribution
from twin.learn.learned import Learned
from twin.learn.station import StationFacts
from twin.learn.times import Times
from twin.line import Line, Shift, Station

__all__ = ["line_file"]

_WIDTH = 116
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def line_file(found: Learned, *, name: str, command: str = "", draws: str = "") -> str:
    """The line file of a learned line.

    Args:
        found: what was learned.
        name: name of the line.
        command: the command that made it, for the head.
        draws: file of the draws, beside the line file; "" for none.

    Returns:
        TOML text.

    Raises:
        ValueError: when the log is not one of a serial line.
    """
    line = found.line
    if line is None:
        raise ValueError(f"{found.log.name}: this is no serial line, so there is no line file of it.")
    text = [*_head(found, command), "schema = 1", "", "[line]", f"name = {_quoted(name)}"]
    text += [f'start = "{line.start:%Y-%m-%d %H:%M}"']
    text += [f"draws = {_quoted(draws)}  # as likely as the log allows"] if draws else []
    text += ["", "[source]", *_source(found, line)]
    if len(line.products) > 1:
        for product in line.products:
            text += ["", "[[product]]", f"name = {_quoted(product.name)}"]
            text += [f"share = {product.share:.6g}  # {_between(found, f'product.{product.name}.share', '')}"]
    for shift in line.shifts:
        text += ["", *_shift(shift, found)]
    for station in line.stations:
        text += ["", *_station(found, station, found.stations[station.name])]
    return "\n".join(text) + "\n"


def _head(found: Learned, command: str) -> Iterator[str]:
    log, days = found.log, np.unique(found.log.day)
    paragraphs = [f"Made by: {command}"] if command else []
    paragraphs.append(
        f"Learned from {log.name}: {len(log)} of {found.read} visits of {found.route.cases} parts on {len(days)} "
        f"days. Each number has its {found.settings.level:.0%} interval and the count n that it rests on."
    )
    if found.cannot_tell:
        paragraphs.append("What the log cannot tell: " + " ".join(found.cannot_tell))
    for place, paragraph in enumerate(paragraphs):
        if place:
            yield "#"
        yield from (f"# {piece}" for piece in textwrap.wrap(paragraph, _WIDTH))


def _source(found: Learned, line: Line) -> Iterator[str]:
    if line.source.time is None:
        yield 'mode = "saturated"  # the first station never lacked a part'
        return
    yield 'mode = "interval"'
    yield f"# time between releases: {_law_words(found, 'source.time', line.source.time)}"
    yield f"time = {_law(line.source.time)}"


def _shift(shift: Shift, found: Learned) -> Iterator[str]:
    calendar = found.calendar
    yield f"# seen on {calendar.days} days; limits are the roundest times that fit, by up to {calendar.sure:.0f} s"
    yield "[[shift]]"
    days = [_DAYS[day] for day in shift.days]
    run = shift.days == tuple(range(shift.days[0], shift.days[-1] + 1)) and len(days) > 1
    yield f'days = "{days[0]}-{days[-1]}"' if run else f'days = "{", ".join(days)}"'
    yield f'from = "{_clock(shift.begin)}"'
    yield f'to = "{_clock(shift.end)}"'
    if shift.breaks:
        breaks = [_quoted(f"{_clock(a)}-{_clock(b)}") for a, b in shift.breaks]
        yield f"breaks = [{', '.join(breaks)}]"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M")


def _station(found: Learned, station: Station, facts: StationFacts) -> Iterator[str]:
    yield "[[station]]"
    yield f"name = {_quoted(station.name)}"
    if station.machines > 1:
        yield f"machines = {station.machines}"
    if station.buffer:
        yield f"buffer = {station.buffer}  # {_places(facts)}"
    if station.transport:
        yield f'transport = "{station.transport:.6g} s"'
    law = station.process.time
    assert law is not None  # noqa: S101  a learned process is timed
    usual = facts.times.get("") or facts.times[max(facts.times, key=lambda name: facts.times[name].n)]
    yield f"# {_times(usual)}; {_law_words(found, f'{station.name}.process.time', law)}"
    yield 'process.model = "timed"'
    yield f"process.time = {_law(law)}"
    for product, own in station.process.product.items():
        path = f"{station.name}.process.product.{product}"
        yield f"# {product}: {_times(facts.times[product])}; {_law_words(found, path, own)}"
        yield f"process.product.{_quoted(product)} = {_law(own)}"
    if facts.scrap:
        n = f"n = {facts.scrap.count} of {facts.scrap.n}"
        yield f"scrap = {station.scrap:.6g}  # {_between(found, f'{station.name}.scrap', '')}, {n}"
    if station.rework and facts.rework:
        n = f"n = {facts.rework.count} of {facts.rework.n}"
        share = f"share = {station.rework.share:.6g}, max_attempts = {station.rework.max_attempts}"
        yield f"rework = {{ {share} }}  # {_between(found, f'{station.name}.rework.share', '')}, {n}"
    if station.setup and facts.setup:
        pairs = {f"{a}>{b}": time for (a, b), time in station.setup.changes.items()}
        cells = [
            f'default = "{station.setup.default:.6g} s"',
            *(f'{_quoted(k)} = "{t:.6g} s"' for k, t in pairs.items()),
        ]
        yield f"setup = {{ {', '.join(cells)} }}  # shows in {facts.setup.n} of {facts.setup.seen} changes"
    for failure in station.failures:
        path = f"{station.name}.failure.{failure.name}"
        yield "[[station.failure]]"
        yield f"name = {_quoted(failure.name)}"
        count = facts.stops.count if facts.stops else 0
        yield f"# {count} visits that took far longer; {_law_words(found, f'{path}.up', failure.up)}"
        yield f"up = {_law(failure.up)}"
        yield f"# {_law_words(found, f'{path}.down', failure.down)}"
        yield f"down = {_law(failure.down)}"


def _places(facts: StationFacts) -> str:
    if facts.places is None:
        return "not known: the log shows no arrivals"
    least = facts.places.least
    if facts.places.known:
        return f"no more: parts were kept waiting {facts.places.blocked} times when {least} were in use"
    return f"a guess: {least} were in use at once, and parts hardly ever had to wait for one"


def _times(times: Times) -> str:
    return f"n = {times.n}"


def _law_words(found: Learned, path: str, law: Distribution) -> str:
    """The intervals of a law's numbers."""
    if law.family == "constant":
        return "constant, as far as the clock shows"
    said = []
    for name in found.draws.paths:
        if name.startswith(f"{path}."):
            key = name[len(path) + 1 :]
            unit = "" if key.endswith(("cv", "shape", "weight")) else " s"
            said.append(f"{key} {_between(found, name, unit)}")
    return ", ".join(said)


def _between(found: Learned, path: str, unit: str) -> str:
    one = found.intervals[path]
    return f"{number(one.low)} to {number(one.high)}{unit}"


def _law(law: Distribution) -> str:
    """A distribution as an inline table."""
    if law.family == "mixture":
        parts = [f"{{ weight = {weight:.6g}, {_law(part)[2:]}" for weight, part in law.parts]
        return f'{{ distribution = "mixture", parts = [{", ".join(parts)}] }}'
    cells = [f'distribution = "{law.family}"']
    cells += [
        f"{name} = {value:.6g}" if name in ("cv", "shape") else f'{name} = "{value:.6g} s"'
        for name, value in law.numbers.items()
    ]
    return "{ " + ", ".join(cells) + " }"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
