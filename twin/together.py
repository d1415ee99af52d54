"""One run made of several: some of its replications come from runs of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.clock import Clock
from twin.trace import Trace

__all__ = ["together"]

_KEPT = ("outside", "outside_run", "outside_since", "stray/")
"""Totals that go on telling why a replication comes from another run."""


def together(trace: Trace, pieces: Sequence[tuple[np.ndarray, Trace]]) -> Trace:
    """A run with replications from others in place of its own.

    Args:
        trace: of all replications.
        pieces: numbers of replications, and a run that begins with these, over the same time or number of parts. Their
            lines have the same stations, so that their totals and visits have the same fields.
    """
    totals, blocks, window, clock, plan = trace.totals, trace.blocks, trace.window, trace.clock, trace.plan
    which = np.zeros(trace.replications, bool) if trace.repeated is None else trace.repeated.copy()
    states = []
    for numbers, piece in pieces:
        which[numbers] = True
        totals = {name: _total(name, total, piece, numbers, trace.replications) for name, total in totals.items()}
        blocks = _blocks(blocks, piece.blocks, numbers, pending=plan.shape.overtaking)
        begin, end = (_put(a, b, numbers) for a, b in zip(window, piece.window, strict=True))
        window, clock = (begin, end), _clock(clock, piece.clock, numbers)
        span, weeks = (max(getattr(plan.shape, n), getattr(piece.plan.shape, n)) for n in ("span", "weeks"))
        plan = replace(plan, shape=replace(plan.shape, span=span, weeks=weeks))
        if piece.state is not None:
            states.append((numbers, piece.state.select(np.arange(len(numbers)))))
    state = trace.state and replace(trace.state, time=np.asarray(window[1]), repeated=tuple(states))
    return replace(
        trace, totals=totals, blocks=blocks, window=window, clock=clock, plan=plan, state=state, repeated=which
    )


def _put(whole: Any, part: Any, numbers: np.ndarray) -> Any:
    """An array [..., replication] with the first columns of another one in those places."""
    copy = np.array(whole)
    copy[..., numbers] = np.asarray(part)[..., : len(numbers)]
    return copy


def _total(name: str, whole: Any, piece: Trace, numbers: np.ndarray, replications: int) -> Any:
    if name.startswith(_KEPT):
        return whole
    part = piece.totals[name]
    if name != "load":
        return jnp.asarray(_put(whole, part, numbers))
    split = lambda noted, count: np.moveaxis(np.reshape(noted, (-1, count, 2)), 1, 2)  # noqa: E731
    noted = _put(split(whole["noted"], replications), split(part["noted"], piece.replications), numbers)
    return whole | {"noted": jnp.asarray(np.moveaxis(noted, 2, 1).reshape(-1, 2))}


def _blocks(whole: list[Any], part: list[Any], numbers: np.ndarray, *, pending: bool) -> list[Any]:
    """Visits side by side, block by block: those still on their machines are in the last block where parts overtake."""
    if not whole:
        return whole
    cut = len(whole) - pending, len(part) - pending
    empty = jax.tree.map(np.zeros_like, whole[0])
    rows = [_block(whole[k] if k < cut[0] else empty, part[k] if k < cut[1] else {}, numbers) for k in range(max(cut))]
    return rows + [_block(whole[-1], part[-1], numbers)] * pending


def _block(whole: dict[str, Any], part: dict[str, Any], numbers: np.ndarray) -> dict[str, Any]:
    """A block with the columns of another one; where that has ended, or does not know a field, they are empty."""
    found = {}
    for name, column in whole.items():
        if isinstance(column, dict):
            found[name] = _block(column, part.get(name, {}), numbers)
        elif name in part:
            found[name] = _put(column, part[name], numbers)
        else:
            found[name] = column.copy()
            found[name][..., numbers] = 0
    return found


def _clock(whole: Clock | None, part: Clock | None, numbers: np.ndarray) -> Clock | None:
    """Closed intervals side by side; where a run knows fewer, the rest never comes."""
    if whole is None or part is None or whole.begin.ndim < 4:
        return whole
    count = max(len(whole.begin), len(part.begin))

    def longer(intervals: Any, rest: float) -> np.ndarray:
        own = np.asarray(intervals)
        return np.concatenate([own, np.full((count - len(own), *own.shape[1:]), rest)])

    begin = _put(longer(whole.begin, np.inf), longer(part.begin, np.inf), numbers)
    length = _put(longer(whole.length, 0.0), longer(part.length, 0.0), numbers)
    return Clock(jnp.asarray(begin), jnp.asarray(length), whole.period)
