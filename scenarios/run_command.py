"""`linetwin run`: simulate a line, show its figures, write them."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scenarios.options import LARGEST_SEED, OptionError, duration, names, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import progress_bar, refusals

if TYPE_CHECKING:
    from scenarios.advice import Advice
    from scenarios.changes import Changed
    from twin.figures import KPIs
    from twin.line import Line
    from twin.split import EnergySplit
    from twin.trace import Trace
    from twin.uncertainty import Parts

__all__ = ["RunOptions", "run"]

MOST_REPLICATIONS = 1_000_000
MOST_PARTS = 1_000_000_000

FROM_VISITS = ("lead_time_median", "lead_time_p95", "orders_on_time")
"""Figures that a run knows only when it keeps its visits."""


@dataclass(frozen=True)
class RunOptions:
    """The options of `linetwin run` as they are typed; None was not given."""

    line: str
    horizon: str | None = None
    warmup: str | None = None
    parts: str | None = None
    warmup_parts: str | None = None
    replications: str = "16"
    seed: str = "0"
    json: str | None = None
    trace: str | None = None
    profile: str | None = None
    profile_period: str | None = None
    changes: Sequence[str] = ()
    stations: str | None = None
    advise: bool = False
    report: bool = False
    page: str | None = None
    no_page: bool = False
    surrogates: bool = False
    all_surrogates: bool = False
    draws: str | None = None


@dataclass(frozen=True)
class Window:
    """How long a run is: by time [s] or by good parts; the other pair is None and zero."""

    horizon: float | None
    warmup: float
    parts: int | None
    warmup_parts: int


def run(options: RunOptions) -> None:
    """Simulate, write the files, then show the tables.

    Raises:
        OptionError: an option or an output that cannot be used.
        LineError: a line that cannot be read or simulated.
    """
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from scenarios import run_page  # noqa: PLC0415
    from scenarios.changes import changed_line, parse_changes  # noqa: PLC0415
    from scenarios.profile_output import wanted_profile  # noqa: PLC0415

    window = _window(options)
    replications = whole("--replications", options.replications, least=1, most=MOST_REPLICATIONS, example=64)
    seed = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    outputs = {"--json": options.json, "--trace": options.trace, "--profile": options.profile, "--page": options.page}
    check_outputs(outputs, {"LINE": options.line})
    if options.trace is not None and not options.trace.endswith(".parquet"):
        raise OptionError(
            f"--trace is '{options.trace[-200:]}'; visits are written as Parquet. Let the name end in .parquet."
        )
    wanted = wanted_profile(options.profile, options.profile_period)
    changed = changed_line(options.line, parse_changes("--set", options.changes))
    plain = None
    if options.surrogates or options.all_surrogates:
        plain = changed.line
        changed = replace(changed, line=_with_surrogates(plain, every=options.all_surrogates))
    if options.report and (options.stations is not None or options.json == STDOUT):
        other = "--stations chooses among the tables" if options.stations is not None else "--json - stands alone"
        raise OptionError(f"--report shows the whole line on standard output, and {other}. Leave one of the two out.")
    if wanted:
        wanted.check(changed.line, window.horizon, window.parts, replications)
    known = [station.name for station in changed.line.stations]
    chosen = tuple(known) if options.stations is None else names("--stations", options.stations, known)
    page = run_page.wanted_page(options, changed.line, window.horizon, window.parts, replications)
    record: Any = "kpis"
    if options.trace or options.advise or options.report or wanted or page:
        record = "all" if options.stations is None or options.advise or wanted or page else list(chosen)
    trace = _simulated(changed, window, replications, seed, record)
    from twin.kpi import kpis as figures_of  # noqa: PLC0415
    from twin.split import energy_split  # noqa: PLC0415

    kpis, split = figures_of(trace), energy_split(trace)
    parts = _uncertain(changed, plain, window, options, replications, seed)
    advice = _advice(changed, window, trace, kpis) if options.advise else None
    _write_trace(trace, chosen, options)
    if wanted:
        wanted.write(trace)
    if options.json:
        save_json("--json", options.json, _json(trace, kpis, split, window, options, advice) | _said(parts))
    if options.report:
        _show_report(trace, kpis, options, advice)
    elif options.json != STDOUT:
        _show(trace, kpis, split, chosen, options, advice)
    _show_uncertain(parts, options)
    if page:
        page.write(trace)


def _write_trace(trace: Trace, chosen: Sequence[str], options: RunOptions) -> None:
    """Write the visits, if they are asked for, of the chosen stations."""
    if options.trace:
        kept = replace(trace, record=list(chosen)) if options.stations else trace
        save("--trace", options.trace, kept.to_parquet)


def _uncertain(
    changed: Changed, plain: Line | None, window: Window, options: RunOptions, replications: int, seed: int
) -> dict[str, Parts] | None:
    """Figures with other numbers of the line, if they are asked for."""
    if options.draws is None:
        return None
    from scenarios.run_uncertain import uncertain  # noqa: PLC0415

    every = options.all_surrogates
    return uncertain(
        changed.line, plain, window, draws=options.draws, replications=replications, seed=seed, every=every
    )


def _show_uncertain(parts: Mapping[str, Parts] | None, options: RunOptions) -> None:
    """Print why figures are not sure, if it was asked for."""
    from scenarios.run_uncertain import uncertain_table  # noqa: PLC0415
    from scenarios.tables import console  # noqa: PLC0415

    if parts is not None and options.json != STDOUT:
        console().print(uncertain_table(parts))


def _said(parts: Mapping[str, Parts] | None) -> dict[str, Any]:
    """Why figures are not sure, for `--json`."""
    from scenarios.run_uncertain import uncertain_json  # noqa: PLC0415

    return {} if parts is None else {"uncertainty": uncertain_json(parts)}


def _with_surrogates(line: Line, *, every: bool) -> Line:
    """The line with surrogates, where any fits."""
    from surrogates.swap import SHIPPED, SLOWER, with_surrogates  # noqa: PLC0415

    found = with_surrogates(line, every=every)
    if found != line:
        return found
    option, left = ("--all-surrogates", frozenset()) if every else ("--surrogates", SLOWER)
    if not every and with_surrogates(line, every=True) != line:
        rule = f"those that fit {line.name} take longer than the formulas they stand for"
        raise OptionError(f"{option}: {rule}. Leave it out, or use --all-surrogates.")
    ship = ", ".join(sorted({path.stem for path in SHIPPED.glob("*.surrogate")} - left))
    rule = f"those that ship were learned with the usual numbers of {ship}, and {line.name} has none of these"
    raise OptionError(f'{option}: {rule}. Train one, and use process = {{ model = "surrogate", file = … }}.')


def _window(options: RunOptions) -> Window:
    """Check the options that say how long a run is, against each other too."""
    if (options.horizon is None) == (options.parts is None):
        given = "neither was given" if options.horizon is None else "both were given"
        raise OptionError(f'a run needs either --horizon or --parts, and {given}. Use for example --horizon "8 h".')
    if options.horizon is not None:
        if options.warmup_parts is not None:
            raise OptionError("--warmup-parts belongs to --parts, but --horizon was given. Use --warmup.")
        horizon = duration("--horizon", options.horizon)
        warmup = duration("--warmup", options.warmup, positive=False) if options.warmup is not None else 0.0
        if warmup >= horizon:
            rule = f"the run ends at {options.horizon.strip()}, so nothing would be measured"
            raise OptionError(f"--warmup is {options.warmup}; {rule}. Use a longer --horizon, or a shorter --warmup.")
        return Window(horizon, warmup, None, 0)
    if options.warmup is not None:
        raise OptionError("--warmup belongs to --horizon, but --parts was given. Use --warmup-parts.")
    parts = whole("--parts", options.parts or "", least=1, most=MOST_PARTS, example=1000)
    first = 0
    if options.warmup_parts is not None:
        first = whole("--warmup-parts", options.warmup_parts, least=0, most=MOST_PARTS, example=100)
    if first >= parts:
        rule = f"the run ends with part {parts}, so nothing would be measured"
        raise OptionError(f"--warmup-parts is {first}; {rule}. Use more --parts, or fewer --warmup-parts.")
    return Window(None, 0.0, parts, first)


def _simulated(changed: Changed, window: Window, replications: int, seed: int, record: Any) -> Trace:
    """Run the line, with a progress bar on a terminal."""
    from scenarios.size import check_size  # noqa: PLC0415
    from twin.run import simulate  # noqa: PLC0415

    check_size(
        changed.line, horizon=window.horizon, parts=window.parts, replications=replications, visits=record != "kpis"
    )
    with progress_bar(f"Compiling (once), then simulating {changed.line.name}") as progress, refusals():
        return simulate(
            changed.line,
            horizon=window.horizon,
            parts=window.parts,
            warmup=window.warmup,
            warmup_parts=window.warmup_parts,
            replications=replications,
            seed=seed,
            setpoints=changed.setpoints,
            record=record,
            progress=progress,
        )


def _advice(changed: Changed, window: Window, trace: Trace, kpis: KPIs) -> Advice:
    """Advice from this run, or from a pilot without warm-up when it had one."""
    from scenarios.advice import advise  # noqa: PLC0415

    if window.warmup or window.warmup_parts:
        whole_run = replace(window, warmup=0.0, warmup_parts=0)
        return advise(_simulated(changed, whole_run, trace.replications, trace.seed, "all"), kpis)
    return advise(trace, kpis)


def _json(
    trace: Trace,
    kpis: KPIs,
    split: EnergySplit | None,
    window: Window,
    options: RunOptions,
    advice: Advice | None,
) -> dict[str, Any]:
    """What `--json` writes."""
    from twin.outside import visits_outside  # noqa: PLC0415
    from twin.waterfall import waterfall  # noqa: PLC0415

    said = trace.provenance
    times = {"horizon": window.horizon, "warmup": window.warmup} if window.horizon is not None else {}
    counts = {"parts": window.parts, "warmup_parts": window.warmup_parts} if window.parts is not None else {}
    how = {"start": said["start"], "replications": trace.replications, **times, **counts}
    data = {key: said[key] for key in ("line", "seed", "hash", "versions")} | kpis.to_json()
    fall = waterfall(trace)
    data["waterfall"] = None if fall is None else fall.to_json()
    if (outside := visits_outside(trace)) is not None:
        data["outside"] = outside.to_json()
    if split is not None:
        data["energy_split"] = split.to_json()
    if trace.record == "all":
        from twin.critical import critical_path  # noqa: PLC0415

        data["critical_path"] = critical_path(trace).to_json()
    data["run"] = how | {"set": list(options.changes)}
    if advice is not None:
        warmup = advice.warmup
        data["advice"] = {
            "warmup": None
            if warmup is None
            else {"parts": warmup.parts, "s": warmup.time, "reliable": warmup.reliable},
            "replications": advice.replications,
        }
    return data


def _show(
    trace: Trace,
    kpis: KPIs,
    split: EnergySplit | None,
    chosen: Sequence[str],
    options: RunOptions,
    advice: Advice | None,
) -> None:
    """Print tables and what was written."""
    from scenarios.doubts import outside_words  # noqa: PLC0415
    from scenarios.energy_table import energy_table  # noqa: PLC0415
    from scenarios.missing import without_power  # noqa: PLC0415
    from scenarios.tables import console, defect_table, kpi_table, paragraph, station_tables, stop_table  # noqa: PLC0415

    out = console()
    count = f"{trace.replications} replication{'s' if trace.replications > 1 else ''}"
    out.print(paragraph(trace.line.name, [_length(options), count, f"seed {trace.seed}", *options.changes]))
    out.print()
    tables = [kpi_table(kpis), *station_tables(kpis, chosen), energy_table(split, chosen)]
    tables += [stop_table(kpis, chosen), defect_table(kpis)]
    for table in (table for table in tables if table is not None):
        out.print(table)
        out.print()
    unknown = [name for name, figure in kpis.items() if figure is None or figure.value is None]
    if trace.line.source.mode != "orders":
        unknown = [name for name in unknown if name != "orders_on_time"]
    later = [name for name in unknown if name in FROM_VISITS and not trace.blocks]
    for lacking, reason in _reasons(trace, [name for name in unknown if name not in later]):
        out.print(paragraph("Not known", [", ".join(lacking) + reason]))
    if without := without_power(trace.line):
        out.print(paragraph("Energy without", [f"{', '.join(without)}, whose power the line does not give"]))
    if later:
        out.print(paragraph("Only with --trace", later))
    if words := outside_words(trace):
        out.print(paragraph("Outside of where a process may be trusted", words))
    _show_end(trace, options, advice)


def _show_report(trace: Trace, kpis: KPIs, options: RunOptions, advice: Advice | None) -> None:
    """Print the morning report and what was written."""
    from scenarios.report import morning_report  # noqa: PLC0415

    sys.stdout.write(morning_report(trace, kpis))
    _show_end(trace, options, advice)


def _show_end(trace: Trace, options: RunOptions, advice: Advice | None) -> None:
    """Print the advice, if it was asked for, and what was written."""
    from scenarios.tables import console  # noqa: PLC0415

    out = console()
    if advice is not None:
        out.print()
        _show_advice(advice, trace)
    for path in (options.json, options.trace, options.profile):
        if path:
            out.print(f"Wrote {path}", soft_wrap=True)


def _reasons(trace: Trace, unknown: Sequence[str]) -> list[tuple[list[str], str]]:
    """Figures that are not known, and what would tell them."""
    from scenarios.missing import missing  # noqa: PLC0415

    found, left = [], list(unknown)
    for lack in missing(trace.line):
        if names := [name for name in left if name in lack.kpis]:
            found.append((names, f" (add {lack.remedy})"))
            left = [name for name in left if name not in names]
    if metered := [name for name in left if name in ("peak_power", "demand_charge")]:
        found.append((metered, " (needs full quarters of an hour: use a longer --horizon)"))
        left = [name for name in left if name not in metered]
    return [*found, (left, " (nothing happened that would tell)")] if left else found


def _length(options: RunOptions) -> str:
    """How long the run was, in the words of its options."""
    if options.horizon is not None:
        return options.horizon.strip() + (f" with {options.warmup.strip()} of warm-up" if options.warmup else "")
    return f"{options.parts} good parts" + (f" of which {options.warmup_parts} warm up" if options.warmup_parts else "")


def _show_advice(advice: Advice, trace: Trace) -> None:
    """Print warm-up and number of replications."""
    from scenarios.tables import console, span, table  # noqa: PLC0415

    out = console()
    warmup = advice.warmup
    if warmup is None:
        out.print("Warm-up: in some replication no good part left the line; use a longer run to tell.")
    elif not warmup.reliable:
        out.print("Warm-up: the run is too short to tell by MSER-5; use a run about twice as long.")
    else:
        option = f'--warmup "{math.ceil(warmup.time)} s"' if trace.by == "time" else f"--warmup-parts {warmup.parts}"
        out.print(f"Warm-up by MSER-5: {warmup.parts} good parts, {span(warmup.time)}. Use {option}.")
    if not advice.replications:
        if trace.replications == 1:
            out.print("Replications: one tells no spread; use at least 2.")
        elif warmup is not None:
            out.print("Replications: nothing is random, so that they do not differ; use 1.")
        return
    rows = [(name, f"{100 * advice.widths[name]:.2g}", str(count)) for name, count in advice.replications.items()]
    out.print(table("Half-width of the 95 % interval", ("KPI", "now, %", "replications for 1 %"), rows))
    out.print(f"Use --replications {advice.most} to have all of them within 1 %.")
