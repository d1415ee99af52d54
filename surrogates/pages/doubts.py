"""What not to trust: every weakness that the figures of a card show, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from surrogates.pages.accuracy import called
from surrogates.pages.content import TITLES, Points, Section
from surrogates.pages.guard import NEAR, RECALL
from surrogates.pages.physics import signed
from surrogates.pages.words import (
    count,
    difference_unit,
    duration,
    listed,
    number,
    percent,
    score,
    shown_unit,
    stated,
    valued,
)

__all__ = ["doubts"]


_OVER = 1e-9
_MORE = 1.1
_WEAK = 0.9
_MISSED = 0.01


def doubts(card: Mapping[str, Any]) -> Section:
    """The list, the most telling first; what holds for every surrogate comes last."""
    found = [
        *_quick(card),
        *_failed(card.get("verdicts") or ()),
        *_baselines(card.get("accuracy") or {}),
        *_guard(card.get("guard") or {}),
        *_coverage(card.get("coverage") or ()),
        *_laws(card.get("laws") or ()),
        *_bounds(card.get("bounds") or ()),
        *_gradients(card.get("gradients") or {}),
        *_efficiency(card.get("efficiency") or {}),
        *_decision(card.get("decision") or {}),
        *_speed(card.get("speed") or {}),
        *_missing(card),
        *_always(card),
    ]
    return Section("doubts", "What not to trust", [Points(found)])


def _left_out(card: Mapping[str, Any]) -> list[str]:
    """Blocks that were not measured."""
    return [key for key in TITLES if card.get(key) is None]


def _quick(card: Mapping[str, Any]) -> Iterator[str]:
    if card.get("quick"):
        yield "This is a quick card: few cases and few trainings. Its figures show that it works, not how good it is."


def _failed(verdicts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    failed = [str(one.get("claim")) for one in verdicts if one.get("passes") is False]
    if failed:
        yield f"What fails above: {'; '.join(failed)}."


def _baselines(found: Mapping[str, Any]) -> Iterator[str]:
    rows = found.get("rows") or ()
    own = {row["output"]: row for row in rows if row["model"] == "surrogate"}
    for output, row in own.items():
        size = (row.get("rmse") or {}).get("mean")
        unit = difference_unit(row.get("unit"))
        others = [r for r in rows if r["output"] == output and str(r["model"]) in ("mean", "linear", "trees")]
        better = [
            f"{called(r['model'])} ({number(r['rmse']['mean'], 3)} {unit})".replace(" )", ")")
            for r in others
            if size is not None and (r.get("rmse") or {}).get("mean") is not None and r["rmse"]["mean"] <= size
        ]
        if better:
            typical = f"{number(size, 3)} {unit}".strip()
            yield f"For {output} a simpler model is as good or better: {listed(better)} against {typical}."
    worst = {output: (row.get("max") or {}).get("mean") for output, row in own.items()}
    said = [
        f"{o} {number(v, 3)} {difference_unit(own[o].get('unit'))}".strip() for o, v in worst.items() if v is not None
    ]
    if said:
        yield f"Single errors are larger than typical ones; the largest on fresh cases: {listed(said)}."


def _guard(found: Mapping[str, Any]) -> Iterator[str]:
    weak = [row for row in found.get("rows") or () if row.get("bad") and (row.get("recall") or 0.0) < RECALL]
    weak.sort(key=lambda row: row.get("recall") or 0.0)
    if weak:
        said = [f"{row['where']} ({percent(row.get('recall'))} flagged)" for row in weak]
        yield f"Outside its region, bad predictions pass the guard most often at: {listed(said, 4)}."
    if found.get("recall") is not None and found["recall"] < 1.0:
        missed = percent(1.0 - found["recall"])
        yield f"Of the bad predictions outside its region, {missed} are not flagged. Keep inputs in their ranges."
    inside = found.get("inside_bad_caught")
    if inside is not None and inside < 1.0:
        yield f"Inside its region the guard flags {percent(inside)} of the bad predictions; the others pass unseen."


def _coverage(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    off = [row for row in rows if None not in (row.get("found"), row.get("promised"))]
    off = [row for row in off if abs(row["found"] - row["promised"]) > NEAR + _OVER]
    said = [f"{row['output']}, {stated(row['promised'])} promised and {percent(row['found'])} found" for row in off]
    if said:
        yield f"Intervals that do not hold what they promise: {'; '.join(said)}."


def _laws(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    share = lambda law: law.get("surrogate_clear", law.get("surrogate")) or 0.0  # noqa: E731
    worse = [law for law in rows if share(law) > _MORE * (law.get("solver") or 0.0)]
    worse.sort(key=lambda law: (law.get("solver") or 0.0) - share(law))
    shares = [f"{percent(share(law))} of cases, solver {percent(law.get('solver'))}" for law in worse]
    said = [f"{signed(law).replace(', ', ' – ')} ({share})" for law, share in zip(worse, shares, strict=True)]
    if said:
        yield f"Laws that it breaks more often than the solver does: {listed(said, 4)}."


def _bounds(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        if (row.get("violations") or 0.0) > 0.0:
            unit = shown_unit(row.get("unit"))
            held = f"{number(row.get('low'))} to {number(row.get('high'))} {unit}".strip()
            yield f"The output {row['output']} leaves its range, {held}, in {percent(row['violations'])} of cases."


def _gradients(found: Mapping[str, Any]) -> Iterator[str]:
    weak = [row for row in found.get("by_output") or () if row.get("p05") is not None and row["p05"] < _WEAK]
    said = [f"{row['output']} ({score(row['p05'])})" for row in weak]
    if said:
        yield f"Derivatives that in one of 20 cases point well aside (cosine below {_WEAK}): {listed(said)}."


def _efficiency(found: Mapping[str, Any]) -> Iterator[str]:
    for row in found.get("ratios") or ():
        ends = row.get("ci95") or (row["mean"], row["mean"])
        if None not in ends and ends[0] <= 1.0:
            what = "makes it worse" if ends[1] < 1.0 else "is not shown to help"
            share = f"at {stated(row['share'])} of the cases"
            ratio = f"{number(row['mean'], 3)}, interval {number(ends[0], 3)} to {number(ends[1], 3)}"
            yield f"The formula inside {what} {share}: error divided by {ratio}."


def _decision(found: Mapping[str, Any]) -> Iterator[str]:
    objective = found.get("objective") or {}
    promised, held = objective.get("on_surrogate"), objective.get("on_solver")
    if promised is None or held is None:
        return
    unit = objective.get("unit")
    if abs(promised - held) > _MISSED * abs(held):
        yield (
            f"The best setpoints promised {valued(promised, unit)}, and the solver says {valued(held, unit)}: "
            "run what was found again on the solver."
        )


def _speed(found: Mapping[str, Any]) -> Iterator[str]:
    same = (found.get("same_error_grid") or {}).get("ratio")
    batch = next((row for row in found.get("rows") or () if row.get("what") == "batch 1024"), {})
    if same is not None and batch.get("ratio") is not None and same < batch["ratio"]:
        yield (
            f"{number(batch['ratio'], 3)} times faster is against the solver's grid in use; against the coarsest grid "
            f"with the surrogate's own error it is {number(same, 3)} times."
        )
    if found and not found.get("same_error_grid"):
        yield "Its speed stands beside the solver as it is in use; no coarser one with the same error was timed."
    slow = [str(row["what"]) for row in found.get("rows") or () if row.get("ratio") is not None and row["ratio"] <= 1.0]
    if slow:
        yield f"It is not faster than the solver at: {listed(slow)}."
    if found.get("break_even_cases"):
        spent = (found.get("training_cpu_s") or 0.0) + (found.get("solving_cpu_s") or 0.0)
        visits = count(found["break_even_cases"])
        yield f"For fewer than {visits} visits it saves nothing: making it took {duration(spent)} of processor time."


def _missing(card: Mapping[str, Any]) -> Iterator[str]:
    left = [TITLES[key][0].lower() + TITLES[key][1:] for key in _left_out(card)]
    if left:
        yield f"Not measured: {listed(left, len(left))}."


def _always(card: Mapping[str, Any]) -> Iterator[str]:
    inputs = (card["surrogate"].get("inputs") or {}).items()
    said = [
        f"{name} {number(one.get('low'))} to {number(one.get('high'))} {shown_unit(one.get('unit'))}".strip()
        for name, one in inputs
    ]
    if said:
        yield f"Outside these ranges it has learned nothing: {listed(said, len(said))}."
    yield (
        "All figures compare it with the solver that it learned from. What the solver leaves out, the surrogate does "
        "not know; how the solver compares with a plant is not on this card."
    )
