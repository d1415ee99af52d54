"""`linetwin run --draws`: why the figures of a run are not sure, as a table and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scenarios.options import OptionError, whole
from scenarios.progress import progress_bar, refusals
from scenarios.tables import RATIOS, number, table

if TYPE_CHECKING:
    from rich.console import Group

    from scenarios.run_command import Window
    from twin.line import Line
    from twin.uncertainty import Parts

__all__ = ["uncertain", "uncertain_json", "uncertain_table"]

MEMBERS = 5
MOST = 10_000


def uncertain(
    line: Line, plain: Line | None, window: Window, *, draws: str, replications: int, seed: int, every: bool
) -> dict[str, Parts]:
    """Figures of runs with other numbers of the line and, if networks work in it, with each of their members.

    Args:
        line: as it is run.
        plain: the line before networks took the place of solvers; None where none did.
        window: how long a run is.
        draws: as typed.
        replications: of each.
        seed: of all random numbers.
        every: whether networks also work where they are slower.

    Raises:
        OptionError: when the line has neither draws nor networks, or there are too few replications.
    """
    wanted = whole("--draws", draws, least=2, most=MOST, example=20)
    if line.draws is None and plain is None:
        rule = f"{line.name} has no draws in its file, and no network works in it, so only luck is open"
        raise OptionError(f"--draws: {rule}. Leave it out, or take a line from linetwin calibrate.")
    if replications < 2:  # luck shows between two runs
        raise OptionError(f"--draws needs two or more --replications to tell luck, not {replications}. Use 16.")
    from twin.uncertainty import figures_of_draws  # noqa: PLC0415  twin takes half a second

    members = _members(plain, every=every) if plain is not None else []
    run = {name: getattr(window, name) for name in ("horizon", "parts", "warmup", "warmup_parts")}
    number = wanted if line.draws else 1
    with progress_bar(f"Simulating {line.name} with other numbers") as progress, refusals():
        return figures_of_draws(
            line, members, draws=number, progress=progress, replications=replications, seed=seed, **run
        )


def _members(line: Line, *, every: bool) -> list[Line]:
    """The line with each member of its networks."""
    from surrogates.swap import with_surrogates  # noqa: PLC0415  flax takes half a second

    return [with_surrogates(line, every=every, member=k) for k in range(MEMBERS)]


def uncertain_table(found: Mapping[str, Parts]) -> Group:
    """A row a figure: its mean, where 95 % of single runs lie, and the share of each part in their variance."""
    rows = []
    for name, one in found.items():
        scale, unit = (100.0, "%") if name in RATIOS else (1.0, "parts" if one.unit == "1" else one.unit)
        shares: Sequence[str] = [f"{share:.0%}" for share in one.shares.values()]
        ends = f"{number(scale * one.low)} to {number(scale * one.high)}"
        rows.append((name, number(scale * one.mean), ends, unit, *shares))
    heads = ("KPI", "mean", "95 % of runs", "unit", "luck", "numbers", "networks")
    return table("Single runs, and where their variance comes from", heads, rows, left=(0, 3))


def uncertain_json(found: Mapping[str, Parts]) -> dict[str, Any]:
    """The same for JSON."""
    return {
        name: {"mean": one.mean, "run95": [one.low, one.high], "variance": one.shares, "unit": one.unit}
        for name, one in found.items()
    }
