"""The morning report: one screen of 80 columns in plain text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.cells import set_cell_size

from scenarios.morning import MorningReport, gather
from scenarios.plain import (
    HEAD,
    cells,
    cut,
    half_text,
    moment_text,
    one_decimal,
    percent,
    plus_minus,
    row,
    share_text,
    short,
    three_digits,
    time_text,
)
from scenarios.tables import number
from twin.waterfall import MICRO_STOP

if TYPE_CHECKING:
    from twin.delivery import Delivery
    from twin.figures import Figure, KPIs
    from twin.levels import BufferLevel
    from twin.trace import Trace

__all__ = ["morning_report", "page"]

_MOST = {"causes": 3, "stops": 5, "orders": 3, "buffers": 12, "upkeep": 4, "doubts": 6}
_LOSSES = {
    "setup": "set-up",
    "release": "waiting for release",
    "breakdown": "breakdowns",
    "micro-stop": f"micro-stops (under {MICRO_STOP / 60:g} min)",
    "standby": "standby",
    "warmup": "waking up",
    "scrap": "other scrap",
    "in process": "in process, end less beginning",
}


def morning_report(trace: Trace, found: KPIs | None = None) -> str:
    """What a shift leader and a plant manager read in the morning, on one screen.

    Args:
        trace: of a run that kept the visits of all stations.
        found: its figures, where they are known already.

    Returns:
        Lines of at most 80 columns. ± is half of the 95 % interval.

    Raises:
        ValueError: the run kept no visits.
    """
    return page(gather(trace, found))


def page(report: MorningReport) -> str:
    """The page of a report; see `morning_report`."""
    sections = (_title, _output, _quality, _losses, _bottleneck, _stops, _buffers, _due, _energy, _doubts)
    lines = [line.rstrip() for section in sections for line in section(report)]
    return "\n".join(lines) + "\n"


def _title(report: MorningReport) -> Iterator[str]:
    about = "" if report.exact else "about "
    window = f"{moment_text(report.begin)} to {about}{moment_text(report.end, report.begin)}"
    yield from row(report.line.name, f"{window}, planned {plus_minus(report.planned, places=0)} min", wide=True)
    runs = "1 run" if report.replications == 1 else f"{report.replications} runs"
    spread = ", ± half of the 95 % interval" if report.random and report.replications > 1 else ""
    yield from row("fit", f"to plant logs not known; {runs}, seed {report.seed}{spread}")


def _output(report: MorningReport) -> Iterator[str]:
    kpis = report.kpis
    text = f"{plus_minus(kpis['good'])} good parts, "
    attained = kpis["plan_attainment"]
    if report.plan is not None and attained is not None and attained.value is not None:
        text += f"plan {plus_minus(report.plan, places=0)} ({100 * attained.value - 100:+.1f} %)"
    else:
        text += "no plan"
    takt = "takt not known" if kpis["takt"].value is None else f"takt {plus_minus(kpis['takt'])} s"
    text += f"; {takt}" + (f", plan {number(report.line.takt)} s" if report.line.takt else "")
    yield ""
    yield from row("output", text)
    if report.line.source.mode == "orders":
        yield from row("orders", _orders(report))


def _orders(report: MorningReport) -> str:
    if not any(order.due is not None for order in report.line.source.orders):
        return "no due times given"
    if not report.orders:
        return "none due in this time"
    text = f"{len(report.orders)} due, on time {percent(report.kpis['orders_on_time'])}"
    late = [order for order in report.orders if order.risk > 0]
    short = [order for order in report.orders if not order.risk and _good_by_then(order) < order.order.quantity]
    said = []
    for each in late[: _MOST["orders"]]:
        due = report.line.start + timedelta(seconds=each.order.due or 0.0)
        often = "late" if each.risk == 1 else f"late in {100 * each.risk:.0f} % of the runs"
        said.append(f"{_named(each)} by {moment_text(due, report.begin)} ({often})")
    if len(late) > len(said):
        said.append(f"{len(late) - len(said)} more")
    text += "; at risk: " + ", ".join(said) if said else "; none at risk"
    if short:
        more = f" and {len(short) - _MOST['orders']} more" if len(short) > _MOST["orders"] else ""
        text += "; short by scrap: " + ", ".join(_named(each) for each in short[: _MOST["orders"]]) + more
    return text


def _named(each: Delivery) -> str:
    return f"{each.order.name} {three_digits(_good_by_then(each)):g} of {each.order.quantity} good"


def _good_by_then(each: Delivery) -> float:
    """Good parts when the order was due, mean of the runs in which it was."""
    return float(each.good[each.asked].mean())


def _quality(report: MorningReport) -> Iterator[str]:
    kpis = report.kpis
    escapes = kpis.get("escapes")
    rework = any(station.rework for station in report.line.stations)
    facts = [
        f"first pass {percent(kpis['first_pass_yield'])}",
        f"scrap {plus_minus(kpis['scrapped'])} ({percent(kpis['scrap_rate'], alone=True)})",
        f"rework {percent(kpis['rework_ratio'])}" if rework else "no rework",
        "escapes unknown" if escapes is None else f"escapes {plus_minus(escapes)}",
    ]
    yield from row("quality", ", ".join(facts))
    widths = (21, 12, 14, -13, -9)
    if report.causes:
        yield cells("", widths, ("top causes of scrap", "made at", "found at", "parts", "late"))
    for cause in report.causes[: _MOST["causes"]]:
        late = "-"
        if cause.delay is not None and cause.delay.value is not None:
            late = time_text(cause.delay.value) if cause.delay.value > 0 else "at once"
        places = ", ".join(cause.found_at)
        texts = (cause.name or "cause not told", cause.made_at or "-", places, plus_minus(cause.parts), late)
        yield cells("", widths, texts)


def _losses(report: MorningReport) -> Iterator[str]:
    fall = report.waterfall
    yield ""
    if fall is None:
        pace = report.line.pace
        lack = "[line] names no pace station" if pace is None else f"{pace}, the pace station, has no planned_time"
        yield from row("losses", f"and OEE not known: {lack}")
        return
    widths = (33, -9, -7, -11, -7)
    together = f", {fall.machines} machines" if fall.machines > 1 else ""
    name = cut(fall.station, 12)
    yield cells("losses", widths, (f"of {name}{together}", "min", "±", "parts", "±"))
    rows = [("  planned busy time", fall.planned_busy, 1.0)]
    for loss, step in fall.occurring.items():
        word = _LOSSES.get(loss, loss)
        if loss == "speed" and report.line.station(fall.station).rework:
            word = "speed, with rework"
        if loss == "scrap" and "start-up scrap" not in fall.occurring:
            word = "scrap"
        rows.append((("+ " if (step.minutes.value or 0.0) < 0 else "- ") + word, step, -1.0))
    rows.append((f"= good parts: OEE {percent(report.kpis['oee'])}", fall.good, 1.0))
    for word, step, sign in rows:
        numbers = [
            text for figure in (step.minutes, step.parts) for text in (one_decimal(figure, sign), half_text(figure))
        ]
        yield cells("", widths, (word, *numbers))


def _bottleneck(report: MorningReport) -> Iterator[str]:
    """The stations on the critical path, and what a faster one would bring."""
    path = report.critical
    known = [(name, figure) for name, figure in path.shares.items() if (figure.value or 0.0) >= 0.01]
    if not known:
        return
    known = sorted(known, key=lambda entry: -(entry[1].value or 0.0))[:3]
    shares = ", ".join(f"{name} {percent(figure, whole=True)}" for name, figure in known)
    yield from row("bottleneck", f"{shares} of the critical path")
    gains = [(name, -(path.elasticity[name].value or 0.0)) for name, _ in known if name in path.elasticity]
    told = "; ".join(f"{name} {gain:+.2f} %" for name, gain in gains if gain >= 0.005)
    if told:
        yield from row("", f"good parts for 1 % less processing time: {told}")


def _stops(report: MorningReport) -> Iterator[str]:
    yield ""
    if not report.stops:
        planned = any(station.failures for station in report.line.stations)
        yield from row("stops", "none in this time" if planned else "none: the line file gives no failures")
        return
    widths = (27, -11, -13, -9, -9)
    yield cells("stops", widths, ("machine and failure", "count", "min", "MTBF", "MTTR"))
    for stop in report.stops[: _MOST["stops"]]:
        times = [time_text(figure.value) if figure.value is not None else "-" for figure in (stop.mtbf, stop.mttr)]
        name = f"{cut(stop.station, 13)} {stop.name}"
        yield cells("", widths, (name, plus_minus(stop.count), plus_minus(stop.minutes), *times))


def _buffers(report: MorningReport) -> Iterator[str]:
    if not report.buffers:
        return
    yield from row("buffers", "mean parts / places; share of time full, empty")
    shown = report.buffers
    if len(shown) > _MOST["buffers"]:
        fullest = sorted(shown, key=lambda buffer: -(buffer.full.value or 0.0) if buffer.full else 0.0)
        names = {buffer.station for buffer in fullest[: _MOST["buffers"]]}
        shown = [buffer for buffer in shown if buffer.station in names]
    texts = [_buffer(buffer) for buffer in shown]
    half = (len(texts) + 1) // 2
    for left, right in zip(texts[:half], [*texts[half:], ""], strict=False):
        yield " " * HEAD + left + "   " + right
    if len(report.buffers) > len(shown):
        yield from row("", f"and {len(report.buffers) - len(shown)} that were full less often")


def _buffer(buffer: BufferLevel) -> str:
    """One buffer in 32 columns."""
    places = "∞" if buffer.places is None else str(buffer.places)
    full = "-" if buffer.full is None else share_text(buffer.full)
    name = set_cell_size(cut(buffer.station, 11), 11)
    return f"{name} {short(buffer.level.value) + '/' + places:>9} {full:>5} {share_text(buffer.empty):>5}"


def _due(report: MorningReport) -> Iterator[str]:
    said = []
    for work in report.upkeep[: _MOST["upkeep"]]:
        text = f"{work.station} {work.name}"
        if work.due is not None:
            when = report.line.start + timedelta(seconds=work.due)
            said.append(f"{text} {moment_text(when, report.begin)}")
            continue
        rest = work.rest
        if rest is not None and rest.value is not None:
            text += f" in {plus_minus(rest)} parts" if work.clock == "parts" else f" in {time_text(rest.value)} of work"
        elif work.done is not None and work.done.value is not None:
            text += " not seen" if not work.done.value else f" {plus_minus(work.done)} times"
        else:
            text += " not known"
        said.append(text)
    if len(report.upkeep) > len(said):
        said.append(f"{len(report.upkeep) - len(said)} more")
    if said:
        yield from row("due", "; ".join(said))


def _energy(report: MorningReport) -> Iterator[str]:
    yield ""
    kpis = report.kpis
    if not report.per_part:
        yield from row("energy", "not known: the line file gives no power")
        return
    good = (kpis["good"].value or 0.0) > 0
    each = {carrier: figure if good else kpis[carrier] for carrier, figure in report.per_part.items()}
    text = ", ".join(f"{carrier.replace('_', ' ')} {plus_minus(figure)}" for carrier, figure in each.items())
    text += " kWh/good part" if good else " kWh, no good part"
    if report.base_load:
        text += ", base load " + ", ".join(
            f"{number(power)} kW" + ("" if carrier == "electricity" else f" {carrier.replace('_', ' ')}")
            for carrier, power in report.base_load.items()
        )
    yield from row("energy", text)
    yield from row("", _peak(report))
    money, carbon = kpis["energy_cost"], kpis["co2"]
    words = []
    for figure, unit in ((money, report.line.tariff.currency), (carbon, "kg CO2")):
        if figure is not None:
            each = _each(figure, kpis["good"])
            words.append(f"{plus_minus(figure)} {unit}" + (f" ({each} a part)" if each else ""))
    charge = kpis["demand_charge"]
    if charge is not None and charge.value is not None:
        words.append(f"demand charge {plus_minus(charge)} {charge.unit}")
    yield from row("", ", ".join(words) or "cost and CO2 not known: the line file has no tariff for them")


def _peak(report: MorningReport) -> str:
    found, mean = report.peak, report.mean_power
    if mean is None:
        return "no electric power given"
    if found is None:
        return f"mean {plus_minus(mean)} kW, peak not known: no full quarter of an hour"
    if found.station is None or found.excess is None:
        return f"peak {plus_minus(found.power)} kW, flat"
    begin = report.line.start + timedelta(seconds=found.begin)
    when = f"{moment_text(begin, report.begin)}"
    if report.random and report.replications > 1:
        when += f" in {found.often * report.replications:.0f} of {report.replications} runs"
    text = f"peak {plus_minus(found.power)} kW, {when}"
    return text + f", {found.station} {three_digits(found.excess.value):g} kW over its mean"


def _doubts(report: MorningReport) -> Iterator[str]:
    yield ""
    shown = list(report.doubts[: _MOST["doubts"] - 1]) + list(report.doubts[-1:])
    shown = list(dict.fromkeys(shown))
    for place, sentence in enumerate(shown):
        yield from row("doubts" if place == 0 else "", f"- {sentence}", hang=2)


def _each(figure: Figure, good: Figure) -> str:
    """A figure per good part, told from the means; empty without one."""
    return f"{figure.value / good.value:.2f}" if figure.value is not None and good.value else ""
