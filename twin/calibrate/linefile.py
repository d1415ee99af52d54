"""A calibration as a line file, each number with its interval and the count it rests on."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING

from twin.calibrate.moments import text_of
from twin.calibrate.words import number
from twin.distribution import Distribution

if TYPE_CHECKING:
    from twin.calibrate.calibration import Calibration

__all__ = ["failure_tables", "law_lines", "line_file", "quoted"]


def line_file(found: Calibration, *, name: str, command: str) -> str:
    """The line file of a calibration.

    Args:
        found: the calibration.
        name: name of the line.
        command: the command that made it, for the head.

    Returns:
        TOML text.

    Raises:
        ValueError: when there were no counts, so that the speed is unknown.
    """
    line = found.line()
    products = {found.products.get(key, key) or "part": key for key in found.point.seconds_per_part}
    text = [*_head(found, command), "schema = 1", "", "[line]", f"name = {quoted(name)}"]
    text += ["", "[source]", 'mode = "saturated"']
    if len(line.products) > 1:
        for product in line.products:
            made = f"{product.share * found.extent.parts:.0f} of {found.extent.parts:.0f} parts"
            text += ["", "[[product]]", f"name = {quoted(product.name)}", f"share = {product.share:.4g}  # {made}"]
    text += ["", "[[station]]", f"name = {quoted(found.station)}"]
    times = line.stations[0].process
    assert times.time is not None  # noqa: S101  a calibrated process is timed
    first = next(product.name for product in line.products if product.name not in times.product)
    text += _speeds(found, products, first)
    return "\n".join([*text, *failure_tables(found)]) + "\n"


def failure_tables(found: Calibration) -> list[str]:
    """The failure modes of a calibration as lines of a line file, behind a `[[station]]`."""
    text = []
    for mode in found.point.modes:
        text += ["", f"# {_figure(found, f'{mode.name}.mtbf', 'operating time per stop')}, n = {mode.count:.0f}"]
        text += [f"# {_figure(found, f'{mode.name}.mttr', 'mean length of a stop')}, n = {mode.count:.0f}"]
        text += [
            "[[station.failure]]",
            f"name = {quoted(mode.name)}",
            'clock = "operating"',
            'interrupted = "kept"',
        ]
        for what, law in (("up", mode.up), ("down", mode.down)):
            comment = _numbers(found, f"{mode.name}.{what}", law)
            text += [f"# {piece}" for piece in textwrap.wrap(comment, 118)]
            text += law_lines(what, law)
    return text


def _head(found: Calibration, command: str) -> list[str]:
    extent = found.extent
    paragraphs = [found.source] if found.source else []
    if command:
        paragraphs.append(f"Made by: {command}")
    hidden = "stay in the speed" if found.settings.hidden == "speed" else "are added by extrapolation"
    planned = f" {found.planned_stops} planned stops are left out." if found.planned_stops else ""
    paragraphs.append(
        f"Rests on {extent.stops} stops and {extent.parts:.0f} parts in {extent.operating / 3600:.1f} h of operation, "
        f"{extent.observed / 3600:.1f} h observed on {extent.days} days from {text_of(extent.first)[:10]} to "
        f"{text_of(extent.last)[:10]}. Each number has its {found.settings.level:.0%} interval (from "
        f"{len(found.draws)} bootstrap draws of {'days' if extent.block >= 86400 else 'hours'}) and the count n it "
        f"rests on. Stops shorter than {extent.threshold:g} s are not recorded reliably; they {hidden}.{planned}"
    )
    paragraphs.append("What the log cannot tell: " + " ".join(found.cannot_tell))
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [f"# {piece}" for piece in textwrap.wrap(paragraph, 118)] + ["#"]
    return lines[:-1]


def _speeds(found: Calibration, products: dict[str, str], first: str) -> list[str]:
    """The process, its time per part by product."""
    text = []
    for shown, key in products.items():
        path = f"{key or 'part'}.seconds_per_part"
        made = found.point.share[key] * found.extent.parts
        text.append(f"# {_figure(found, path, f'time per {shown}')}, n = {made:.0f} parts")
    own = {shown: _constant(found.point.seconds_per_part[key]) for shown, key in products.items()}
    text += ['process.model = "timed"', f"process.time = {own[first]}"]
    others = {shown: law for shown, law in own.items() if shown != first}
    text += [f"process.product.{quoted(shown)} = {law}" for shown, law in others.items()]
    return text


def _constant(seconds: float) -> str:
    return f'{{ distribution = "constant", mean = "{seconds:.4g} s" }}'


def law_lines(key: str, law: Distribution) -> list[str]:
    """A distribution as a key; a mixture has one line per part."""
    if law.family != "mixture":
        return [f"{key} = {_inline(law)}"]
    weights = [round(weight, 4) for weight, _ in law.parts[:-1]]
    weights.append(1.0 - sum(weights))
    parts = [f"    {{ weight = {w:.4g}, {_inline(part)[2:]}," for w, (_, part) in zip(weights, law.parts, strict=True)]
    return [f'{key} = {{ distribution = "mixture", parts = [', *parts, "] }"]


def _inline(law: Distribution) -> str:
    if law.family == "empirical":
        values = ", ".join(f'"{value:.4g} s"' for value in law.values)
        return f'{{ distribution = "empirical", values = [{values}] }}'
    cells = [f'distribution = "{law.family}"']
    for name, value in law.numbers.items():
        cells.append(f"{name} = {value:.4g}" if name in ("cv", "shape") else f'{name} = "{value:.5g} s"')
    return "{ " + ", ".join(cells) + " }"


def _numbers(found: Calibration, path: str, law: Distribution) -> str:
    """The intervals of a distribution's numbers, in one comment."""
    if law.family == "empirical":
        return f"{path.rsplit('.', 1)[1]}: the recorded times themselves, n = {len(law.values)}"
    texts = []
    for name, each in found.intervals.items():
        if name.startswith(f"{path}."):
            unit = "" if name.endswith((".cv", ".shape", ".weight")) else " s"
            texts.append(f"{name[len(path) + 1 :]} {_between(each.low, each.high, unit)}")
    return f"{path.rsplit('.', 1)[1]}: " + ", ".join(texts)


def _figure(found: Calibration, path: str, words: str) -> str:
    each = found.intervals[path]
    return f"{words} {number(each.value)} s, {_between(each.low, each.high, ' s')}"


def _between(low: float, high: float, unit: str) -> str:
    if not math.isfinite(low):
        return "interval unknown"
    return f"{number(low)} to {number(high)}{unit}"


def quoted(text: str) -> str:
    """A TOML string (JSON's escapes are TOML's, for what can stand in a name)."""
    return json.dumps(text, ensure_ascii=False)
