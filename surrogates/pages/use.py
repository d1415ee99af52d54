"""What use it is: gradients, the setpoint that is chosen with it, how fast it is, and whether its exports agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surrogates.pages.content import TITLES, Part, Plot, Plots, Section, Table, trimmed
from surrogates.pages.words import UNKNOWN, count, duration, number, percent, score, valued
from viz.drawing import Axis, Bar, Item, bars

__all__ = ["decision", "export", "gradients", "speed"]

COSINE = 0.99
FASTER = 100.0
BATCHES = {
    "batch 1": "one visit at a time",
    "batch 1024": "1,024 visits at once",
    "gradient, batch 1024": "derivatives, 1,024 at once",
}
NS = 1e-9


def gradients(found: Mapping[str, Any]) -> Section:
    """Whether derivatives point where those of the solver point."""
    whole = found.get("cosine") or {}
    rows = found.get("by_output") or []
    told = [("all outputs", whole), *((str(row["output"]), row) for row in rows)]
    body = [
        (name, *(score(one.get(key)) for key in ("mean", "p05", "min")), percent(one.get("flat"))) for name, one in told
    ]
    items = [Item("all outputs", score(whole.get("mean")), _pair(whole))]
    items += [Item(str(row["output"]), score(row.get("mean")), _pair(row)) for row in rows]
    said = ", ".join(f"{item.label} {item.text}" for item in items)
    drawn = bars(
        items,
        axis=Axis("cosine, 1 is best", include=(0.98, 1.0), high=1.0),
        marks=[(f"asked of the mean: {COSINE}", COSINE)],
        key=[("mean", "accent"), ("95 of 100 are better", "plain")],
        alt=f"Cosine between the derivatives of surrogate and solver, mean: {said}",
    )
    return Section(
        "gradients",
        TITLES["gradients"],
        [
            (
                "An optimiser follows derivatives. The cosine between those of the surrogate and those of the solver "
                "is 1 where both point the same way, 0 where they are at right angles; asked at "
                f"{count(found.get('cases'))} fresh cases."
            ),
            Plots([Plot("Same direction as the solver's", drawn)]),
            trimmed(
                Table("Cosine of the derivatives", ("output", "mean", "5th percentile", "least", "flat cases"), body)
            ),
        ],
    )


def _pair(row: Mapping[str, Any]) -> list[Bar]:
    return [Bar(row.get("mean")), Bar(row.get("p05"), style="plain")]


def decision(found: Mapping[str, Any]) -> Section:
    """The setpoint chosen with the surrogate, asked again on the solver."""
    objective = found.get("objective") or {}
    unit = objective.get("unit")
    said = {
        "as the surrogate promised": objective.get("on_surrogate"),
        "the same setpoints on the solver": objective.get("on_solver"),
        "best that the solver itself finds": objective.get("best_on_solver"),
    }
    body = [(what, valued(value, unit)) for what, value in said.items()]
    body.append(("lost by choosing with the surrogate (regret)", percent(found.get("regret"))))
    setpoints, best = found.get("setpoints") or {}, found.get("best_setpoints") or {}
    chosen = [(str(name), _value(one), _value(best.get(name))) for name, one in setpoints.items()]
    sentence = str(found.get("what") or "The best setpoints").strip().rstrip(".")
    sentence = sentence[:1].upper() + sentence[1:]
    parts: list[Part] = [
        (
            f"{sentence}. Searched from {count(found.get('starts'))} starts along the surrogate's derivatives; what "
            "was found was run again on the solver."
        ),
        Table("What came out", ("", "objective"), body),
    ]
    if chosen:
        parts.append(trimmed(Table("Setpoints chosen", ("setpoint", "with the surrogate", "with the solver"), chosen)))
    return Section("decision", TITLES["decision"], parts)


def _value(one: Mapping[str, Any] | None) -> str:
    return valued(one.get("value"), one.get("unit")) if one else UNKNOWN


def speed(found: Mapping[str, Any]) -> Section:
    """Times beside the solver's, and after how many visits training has paid."""
    rows = found.get("rows") or []
    named = [(BATCHES.get(str(row["what"]), str(row["what"])), row) for row in rows]
    items = [Item(name, _times(row.get("ratio")), [Bar(row.get("ratio"))]) for name, row in named]
    said_ratios = ", ".join(f"{item.label} {item.text}" for item in items)
    body = [
        (
            name,
            _ns(row.get("solver_ns")),
            _ns(row.get("surrogate_ns")),
            _times(row.get("ratio")),
        )
        for name, row in named
    ]
    costs = [
        ("training (processor time)", duration(found.get("training_cpu_s"))),
        ("solving the cases to learn from (processor time)", duration(found.get("solving_cpu_s"))),
        ("visits after which training has paid", count(found.get("break_even_cases"))),
    ]
    parts: list[Part] = [
        (
            f"Both compiled, on the same processor, in turns. Grid of the solver: {found.get('grid') or UNKNOWN}. "
            "Times are for one visit."
        ),
    ]
    if items:
        drawn = bars(
            items,
            axis=Axis("times as fast as the solver, logarithmic", log=True, include=(1.0, FASTER)),
            base=1.0,
            marks=[(f"aim at 1,024 at once: {FASTER:.0f} times", FASTER)],
            alt=f"How many times as fast as the solver: {said_ratios}",
        )
        parts.append(Plots([Plot("Speed beside the solver", drawn)]))
    parts.append(Table("Time for one visit", ("how it is asked", "solver", "surrogate", "speed beside it"), body))
    parts += _same_error(found.get("same_error_grid"), rows)
    parts.append(Table("What it costs", ("", "value"), costs))
    return Section("speed", TITLES["speed"], parts)


def _ns(value: Any) -> str:
    return duration(value * NS) if isinstance(value, int | float) else UNKNOWN


def _same_error(grid: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The fair comparison: against a solver that is as coarse as the surrogate is wrong."""
    if not grid:
        return ["No coarser grid of the solver, with the surrogate's own error, was timed."]
    batch = next((row for row in rows if str(row.get("what")) == "batch 1024"), {})
    ratio, slow, fast = grid.get("ratio"), grid.get("solver_ns"), batch.get("surrogate_ns")
    if ratio is None and slow and fast:
        ratio = slow / fast
    body = [
        ("that grid", str(grid.get("grid") or UNKNOWN)),
        ("solver on that grid, 1,024 visits at once", _ns(slow)),
        ("error of the solver on that grid", number(grid.get("error_solver"), 3)),
        ("error of the surrogate", number(grid.get("error_surrogate"), 3)),
        ("speed beside that, 1,024 visits at once", _times(ratio)),
        ("speed beside that, derivatives", _times(grid.get("gradient_ratio"))),
    ]
    told = [row for row in body if row[1] != UNKNOWN]
    return [Table("Against the coarsest grid that has the surrogate's own error", ("", "value"), told)]


def _times(ratio: Any) -> str:
    return UNKNOWN if ratio is None else f"{number(ratio, 3)} times"


def export(found: Mapping[str, Any]) -> Section:
    """Whether exported files say what the surrogate says."""
    names = {"stablehlo": "StableHLO", "onnx": "ONNX"}
    body = [
        (label, number(found.get(key), 2) if found.get(key) is not None else "not measured")
        for key, label in names.items()
    ]
    return Section(
        "export",
        TITLES["export"],
        [
            (
                "Largest difference between the exported file and the surrogate, in standard deviations of the output; "
                "asked: at most 10⁻⁵."
            ),
            Table("Difference after export", ("format", "largest difference"), body),
        ],
    )
