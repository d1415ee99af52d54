"""A calibration as text for people and as plain values for JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from twin.calibrate.moments import text_of
from twin.calibrate.words import time, time_range

if TYPE_CHECKING:
    from twin.calibrate.calibration import Calibration
    from twin.calibrate.resample import Interval

__all__ = ["as_dict", "report"]

_WIDTH = 80


def report(found: Calibration) -> str:
    """The whole calibration as text, at most 80 columns wide.

    Args:
        found: the calibration.

    Returns:
        Text that ends in a line break.
    """
    lines = [*_basis(found), "", *_modes(found), "", *_speed(found), "", *_families(found)]
    if found.spread:
        lines += ["", *_days(found)]
    if found.drift:
        lines += ["", *_drift(found)]
    if found.notes or found.planned_stops:
        lines += ["", "LEFT OUT, CHANGED OR DOUBTFUL"]
        if found.planned_stops:
            text = f"taken as planned: {found.planned_stops} stops, {found.planned_seconds / 3600:.1f} h"
            lines += _wrapped([text])
        lines += _wrapped(note.text for note in found.notes)
    lines += ["", "WHAT THE LOG CANNOT TELL", *_wrapped(found.cannot_tell)]
    return "\n".join(lines) + "\n"


def _basis(found: Calibration) -> list[str]:
    extent = found.extent
    share = found.intervals["availability"]
    lines = [
        f"CALIBRATION OF {extent.log}",
        f"  {text_of(extent.first)} to {text_of(extent.last)}, {extent.days} days",
        f"  {extent.observed / 3600:.1f} h observed, {extent.operating / 3600:.1f} h operating",
        f"  {extent.stops} stops, {extent.parts:.0f} parts",
        f"  recorder: step {extent.step:g} s, shortest reliable stop {extent.threshold:g} s",
        f"  operating share {share.value:.3f} ({share.low:.3f} to {share.high:.3f})",
        f"  intervals: {found.settings.level:.0%}, from {len(found.draws)} bootstrap draws of {extent.blocks} "
        + ("days" if extent.block >= 86400 else "hours"),
    ]
    return [
        line for text in lines for line in textwrap.wrap(text, _WIDTH, subsequent_indent="  ", drop_whitespace=False)
    ]


def _modes(found: Calibration) -> list[str]:
    lines = [_row("FAILURE MODES", "stops", "operating time per stop", "mean length of a stop")]
    for mode in found.point.modes:
        between, length = found.intervals[f"{mode.name}.mtbf"], found.intervals[f"{mode.name}.mttr"]
        lines.append(_row(f"  {mode.name}", f"{mode.count:.0f}", _range(between), _range(length)))
    return lines


def _speed(found: Calibration) -> list[str]:
    if not found.point.seconds_per_part:
        return ["SPEED  unknown: no production counts"]
    lines = [_row("SPEED", "share", "time per part", "parts per operating hour")]
    for name, seconds in found.point.seconds_per_part.items():
        each = found.intervals[f"{name or 'part'}.seconds_per_part"]
        hourly = f"{3600 / seconds:.0f} ({_plain(3600 / each.high)} to {_plain(3600 / each.low)})"
        shown = found.products.get(name, name) or "part"
        lines.append(_row(f"  {shown}", f"{found.point.share[name]:.1%}", _range(each), hourly))
    return lines


def _row(name: str, count: str, first: str, second: str) -> str:
    return f"{name[:20]:20s}{count:>7s} {first:>25s} {second:>24s}"


def _families(found: Calibration) -> list[str]:
    lines = ["FAMILIES TRIED (lower BIC is better; 'recorded' = share above the threshold)"]
    for name, tried in found.choices.items():
        fit = tried[0].fit
        lines.append(f"  {name}: {fit.complete} complete times, {fit.cut_off} cut off or residual")
        for choice in tried:
            verdict = f"  {choice.verdict}" if choice.verdict else ""
            row = f"    {choice.fit.family.name:40s} BIC {choice.fit.bic:9.1f}  recorded {choice.fit.recorded:4.0%}"
            lines += [row + verdict] if len(row + verdict) <= _WIDTH else [row, "      " + verdict.strip()]
        if name in found.goodness:
            test = found.goodness[name]
            lines.append(
                f"    chosen one: largest distance {test.distance:.3f}, p = {test.chance:.2f} ({test.draws} draws)"
            )
    return lines


def _days(found: Calibration) -> list[str]:
    lines = ["DIFFERENCES BETWEEN DAYS (sd of the logarithm; likelihood ratio < 2.7: alike)"]
    words = {"up": "scale of the up-times", "down": "scale of the down-times", "speed": "speed of a product"}
    for name, spread in found.spread.items():
        test = "" if not math.isfinite(spread.gain) else f"; likelihood ratio {spread.gain:.1f}"
        lines.append(f"  {words[name]}: {spread.sigma:.2f} over {spread.days} days{test}")
    return lines


def _drift(found: Calibration) -> list[str]:
    rows = [(one.name, time(one.first), time(one.second), one.z) for one in found.drift]
    title = "FIRST AND SECOND HALF OF THE DAYS (z beyond 2: more than chance)"
    return [title, *(f"  {name:32s} {first:>10s} {second:>10s}   z {z:5.1f}" for name, first, second, z in rows)]


def _range(interval: Interval) -> str:
    return time_range(interval.value, interval.low, interval.high)


def _plain(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "?"


def _wrapped(texts: Iterable[str]) -> list[str]:
    return [
        line for text in texts for line in textwrap.wrap(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ")
    ]


def as_dict(found: Calibration) -> dict[str, Any]:
    """The calibration as numbers, texts, lists and tables; numbers that are not known are None.

    Args:
        found: the calibration.

    Returns:
        A dict that `json.dumps` takes with allow_nan=False.
    """
    extent = found.extent

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    def counted(path: str) -> float | None:
        return next((mode.count for mode in found.point.modes if path.startswith(f"{mode.name}.")), None)

    return {
        "source": found.source,
        "extent": {
            "log": extent.log,
            "counts": extent.counts or None,
            "first": text_of(extent.first),
            "last": text_of(extent.last),
            "days": extent.days,
            "observed_h": extent.observed / 3600,
            "operating_h": extent.operating / 3600,
            "stops": extent.stops,
            "parts": extent.parts,
            "step_s": extent.step,
            "threshold_s": extent.threshold,
        },
        "level": found.settings.level,
        "parameters": {
            path: {
                "value": each.value,
                "low": finite(each.low),
                "high": finite(each.high),
                "unit": _unit(path),
                "n": counted(path),
            }
            for path, each in found.intervals.items()
        },
        "families": {
            name: [
                {
                    "family": choice.fit.family.name,
                    "bic": choice.fit.bic,
                    "aic": choice.fit.aic,
                    "recorded": choice.fit.recorded,
                    "complete": choice.fit.complete,
                    "verdict": choice.verdict,
                }
                for choice in tried
            ]
            for name, tried in found.choices.items()
        },
        "goodness": {name: {"distance": one.distance, "p": one.chance} for name, one in found.goodness.items()},
        "days": {name: {"sigma": one.sigma, "days": one.days} for name, one in found.spread.items()},
        "drift": {one.name: {"first": one.first, "second": one.second, "z": one.z} for one in found.drift},
        "planned": {"stops": found.planned_stops, "hours": found.planned_seconds / 3600},
        "notes": [note.text for note in found.notes],
        "cannot_tell": list(found.cannot_tell),
    }


def _unit(path: str) -> str:
    return "1" if path.endswith((".weight", ".cv", ".shape", ".lost", ".recorded", "availability")) else "s"
