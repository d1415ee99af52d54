"""What a card claims, with what was found and whether that is enough; the claims and their limits are fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["verdicts"]

Card = Mapping[str, Any]
Verdict = dict[str, Any]


def verdicts(card: Card) -> list[Verdict]:
    """The verdicts on all blocks that were measured.

    Args:
        card: with its other blocks; None for those not measured.

    Returns:
        The block "verdicts" of a card.

    Example:
        >>> verdicts({"export": {"stablehlo": 1e-8, "onnx": None}})[0]["passes"]
        True
    """
    judges = (
        ("accuracy", _accuracy),
        ("efficiency", _efficiency),
        ("guard", _guard),
        ("conservation", _conservation),
        ("laws", _laws),
        ("bounds", _bounds),
        ("coverage", _coverage),
        ("gradients", _gradients),
        ("decision", _decision),
        ("speed", _speed),
        ("export", _export),
    )
    return [verdict for name, judge in judges if card.get(name) is not None for verdict in judge(card[name])]


def _said(claim: str, found: str, passes: bool) -> Verdict:
    return {"claim": claim, "found": found, "passes": bool(passes)}


def _accuracy(block: Any) -> Iterator[Verdict]:
    own = [row for row in block["rows"] if row["model"] == "surrogate"]
    worst = min(own, key=lambda row: row["r2"]["mean"])
    found = f"{worst['r2']['mean']:.6f} ({worst['output']}, the worst output, mean over {block['seeds']} seeds)"
    yield _said("R² at least 0.999 on fresh points", found, worst["r2"]["mean"] >= 0.999)
    hot = [row for row in own if row["unit"] == "K"]
    if hot:
        worst = max(hot, key=lambda row: row["p99"]["mean"])
        found = f"{worst['p99']['mean']:.3g} K ({worst['output']})"
        yield _said("temperature error under 1 K at the 99th percentile", found, worst["p99"]["mean"] < 1.0)
    others = {row["model"] for row in block["rows"]} - {"surrogate", "one member", "mean of members"}
    lost = []
    for row in own:
        rivals = [one for one in block["rows"] if one["model"] in others and one["output"] == row["output"]]
        best = min(rivals, key=lambda one: one["rmse"]["mean"])
        if not row["rmse"]["mean"] < best["rmse"]["mean"]:
            lost.append(f"{row['output']}: {best['model']} is as good or better")
    found = "; ".join(lost) or f"lower root mean square error than {', '.join(sorted(others))} in every output"
    yield _said("better than every baseline", found, not lost)


def _efficiency(block: Any) -> Iterator[Verdict]:
    ratios = {row["share"]: row for row in block["ratios"]}
    for share, least, claim in (
        (0.1, 2.0, "structure: at least 2 times lower error at 10 % of the cases"),
        (1.0, 1.0, "structure: not worse at all cases"),
    ):
        if share in ratios:
            row = ratios[share]
            ends = f" (95 %: {row['ci95'][0]:.3g} to {row['ci95'][1]:.3g})" if row["ci95"] else ""
            yield _said(claim, f"plain error over that with structure: {row['mean']:.3g}{ends}", row["mean"] >= least)


def _guard(block: Any) -> Iterator[Verdict]:
    found = f"{block['recall']:.2%}; {block['recall_without_box']:.2%} by distance and spread, box left aside"
    yield _said("guard flags at least 95 % of bad predictions outside", found, block["recall"] >= 0.95)
    low, high = block["false_flags_ci95"]
    found = f"{block['false_flags']:.2%} (95 %: {low:.2%} to {high:.2%})"
    yield _said("at most 5 % false flags inside", found, block["false_flags"] <= 0.05)


def _conservation(block: Any) -> Iterator[Verdict]:
    found = f"{block['worst']:.1e} of the largest flow, worst of {block['cases']:,} visits"
    yield _said("heat of a visit adds up to 1e-9", found, block["worst"] <= 1e-9)


def _laws(block: Any) -> Iterator[Verdict]:
    held = [row for row in block if row["holds"]]
    if held:
        worst = max(held, key=lambda row: row["surrogate_clear"])
        broken = [row for row in held if row["surrogate_clear"] > 0]
        most = f"; most: {worst['output']} by {worst['input']}, {worst['surrogate_clear']:.2%} of cases"
        found = f"{len(broken)} of {len(held)} laws of the solver clearly broken somewhere{most if broken else ''}"
        yield _said("no law of the solver is clearly broken", found, not broken)


def _bounds(block: Any) -> Iterator[Verdict]:
    worst = max(block, key=lambda row: row["violations"])
    found = f"{worst['violations']:.2%} of answers outside ({worst['output']})" if worst["violations"] else "never left"
    yield _said("every output stays in its range", found, worst["violations"] == 0)


def _coverage(block: Any) -> Iterator[Verdict]:
    worst = max(block, key=lambda row: abs(row["found"] - row["promised"]))
    found = f"{worst['found']:.1%} where {worst['promised']:.0%} are promised ({worst['output']}, the worst)"
    yield _said("coverage within 3 points", found, abs(worst["found"] - worst["promised"]) <= 0.03)


def _gradients(block: Any) -> Iterator[Verdict]:
    known = [row for row in block["by_output"] if row["mean"] is not None]
    worst = min(known, key=lambda row: row["mean"], default=None)
    found = f"{block['cosine']['mean']:.5f}" + (
        f"; {worst['mean']:.5f} for {worst['output']}, the worst" if worst else ""
    )
    yield _said("mean cosine of gradients at least 0.99", found, block["cosine"]["mean"] >= 0.99)


def _decision(block: Any) -> Iterator[Verdict]:
    yield _said(
        "setpoints chosen on the surrogate cost at most 1 % more", f"{block['regret']:.3%}", block["regret"] <= 0.01
    )


def _speed(block: Any) -> Iterator[Verdict]:
    ratio = next(row["ratio"] for row in block["rows"] if row["what"] == "batch 1024")
    same = block["same_error_grid"]
    found = f"{ratio:.3g} times the solver in use ({block['grid']})"
    if same:
        found += f", {same['ratio']:.3g} times the solver on {same['grid']}, the coarsest with the surrogate's error"
    yield _said("100 times faster at batch 1024", found, (same["ratio"] if same else ratio) >= 100)


def _export(block: Any) -> Iterator[Verdict]:
    known = {name: value for name, value in block.items() if value is not None}
    found = ", ".join(f"{name} {value:.1e}" for name, value in known.items())
    yield _said("exported files tell the same to 1e-5", f"{found} standard deviations", max(known.values()) <= 1e-5)
