"""Guarded processes in a run: what lies outside is counted, and repeated with first principles, bit for bit."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from guarded import Learned, bench, learned

import twin
from scenarios.doubts import outside_words
from twin.line import Line
from twin.physics import Manual
from twin.start import keys_of
from twin.store import line_hash
from twin.trace import Trace

RUN: dict[str, Any] = {"horizon": 2400.0, "warmup": 900.0, "replications": 8, "seed": 3}
NO_FLAGS = ("outside", "stray/")


@functools.cache
def flagged(policy: str = "flag") -> Trace:
    return twin.simulate(bench(policy), **RUN)


@functools.cache
def trusted() -> Trace:
    return twin.simulate(twin.first_principles(bench()), **RUN)


def own(trace: Trace, which: np.ndarray) -> dict[str, Any]:
    """What a run holds of some replications: totals, window and visits."""
    totals = {k: np.asarray(v)[..., which] for k, v in trace.totals.items() if not k.startswith(NO_FLAGS)}
    visits = {k: v[which[trace.visits["replication"]]] for k, v in trace.visits.items()}
    return {"totals": totals, "visits": visits, "window": [np.asarray(t)[which] for t in trace.window]}


def same(one: Any, other: Any) -> None:
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)


def counted(trace: Trace, station: int, patience: float, low: float, high: float) -> np.ndarray:
    """Idle times beyond the patience, machine by machine, from the kept visits: those finished in (low, high]."""
    visits, found = trace.visits, np.zeros(trace.replications)
    for r in range(trace.replications):
        for machine in range(trace.shape.machines[station]):
            mine = (visits["replication"] == r) & (visits["station"] == station) & (visits["machine"] == machine)
            order = np.argsort(visits["start"][mine])
            start, finish = (visits[name][mine][order] for name in ("start", "finish"))
            outside = np.append(False, start[1:] - finish[:-1] > patience)
            finish = np.where(np.isnan(finish), np.inf, finish)
            found[r] += (outside & (finish > low) & (finish <= high)).sum()
    return found


def test_repeated_replications_are_those_of_first_principles_and_the_rest_is_untouched() -> None:
    trace = flagged("first principles")
    assert trace.repeated is not None
    assert 0 < trace.repeated.sum() < trace.replications
    np.testing.assert_array_equal(trace.repeated, np.asarray(trace.totals["outside_run"]).any(axis=0))
    same(own(trace, trace.repeated), own(trusted(), trace.repeated))
    same(own(trace, ~trace.repeated), own(flagged(), ~trace.repeated))
    ours, truth = twin.kpis(trace), twin.kpis(trusted())
    for name in ("throughput", "lead_time_median", "wip", "energy"):
        np.testing.assert_array_equal(ours[name].values[trace.repeated], truth[name].values[trace.repeated])
    r = int(np.flatnonzero(trace.repeated)[0])
    assert trace.state_at(2000.0, r) == trusted().state_at(2000.0, r)
    assert trace.good_parts(r)[0].tolist() == trusted().good_parts(r)[0].tolist()


def test_without_first_principles_the_errors_stay() -> None:
    which = np.asarray(flagged("first principles").repeated)
    with pytest.raises(AssertionError):
        same(own(flagged(), which)["totals"], own(trusted(), which)["totals"])


def test_counts_are_those_of_the_kept_visits() -> None:
    trace = flagged()
    assert trace.repeated is not None
    assert not trace.repeated.any()
    m, patience = 1, bench().stations[1].process.behaviour.patience
    totals = {name: np.asarray(trace.totals[name]) for name in trace.totals if name.startswith(NO_FLAGS)}
    np.testing.assert_array_equal(totals["outside"][m], counted(trace, m, patience, 900.0, 2400.0))
    np.testing.assert_array_equal(totals["outside_run"][m], counted(trace, m, patience, -1.0, np.inf))
    np.testing.assert_array_equal(totals["stray/idle"], totals["outside_run"])
    assert (totals["outside_run"] > totals["outside"]).any()
    assert not np.delete(totals["outside_run"], m, axis=0).any()
    assert not totals["stray/practice"].any()
    assert twin.kpis(trace).stations["deburr"]["outside"].value == totals["outside"][m].mean()
    assert "outside" not in twin.kpis(trace).stations["pack"]


def test_what_is_said_about_them() -> None:
    trace = flagged("first principles")
    found = twin.visits_outside(trace)
    assert found is not None
    said = found.to_json()
    assert said["repeated"] == said["stations"]["deburr"]["replications"] == np.asarray(trace.repeated).sum()
    assert said["stations"]["deburr"]["visits"] == twin.kpis(trace).stations["deburr"]["outside"].values.sum()
    assert said["stations"]["deburr"]["inputs"] == {"idle": said["stations"]["deburr"]["visits_of_run"], "practice": 0}
    words = outside_words(trace)
    assert words[0].startswith(f"deburr {said['stations']['deburr']['visits']} visits (")
    assert words[-1] == f"{said['repeated']} of 8 runs repeated with first principles"
    assert outside_words(flagged())[-1] == "no run repeated"
    assert outside_words(trusted()) == []


def test_a_run_is_refused_by_name() -> None:
    total = int(np.asarray(flagged().totals["outside_run"]).sum())
    which = int((np.asarray(flagged().totals["outside_run"]) > 0).any(axis=0).sum())
    said = (
        rf"station 'deburr': {total} visits in {which} of 8 replications lie outside .*\(idle in {total}\); .*'refuse'"
    )
    with pytest.raises(twin.LineError, match=said):
        flagged("refuse")


def test_only_some_replications_have_the_draws_that_they_have_in_company() -> None:
    shape = trusted().shape
    many, some = keys_of(shape, 7, 6), keys_of(shape, 7, np.asarray([4, 1]))
    same([word[:, [4, 1]] for word in many["process"]], list(some["process"]))


def test_a_line_falls_back_where_it_can() -> None:
    line = bench(patience=70.0)
    plain = twin.first_principles(line)
    assert plain.stations[1].process.behaviour == Manual(standard=60.0, cv=0.5, handling=0.1)
    assert plain.stations[1].process.model == "manual"
    assert twin.first_principles(plain) == plain
    assert line_hash(line) != line_hash(plain)
    assert line_hash(line) != line_hash(bench("flag", patience=70.0))


class Alone(Learned):
    def fallback(self) -> Any:
        return None


class Hotter(Learned):
    def base(self, setpoints: Any, temperature: Any) -> Any:
        return {"gas": temperature}


def line_of(cls: type[Any], outside: str = "first principles") -> Line:
    station = replace(bench().stations[1], process=replace(learned(outside), behaviour=cls()))
    return Line("one", (station,))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            line_of(Alone),
            "station 'deburr': outside is 'first principles', and the process 'learned' has no first princ",
        ),
        (
            line_of(Learned, "ignore"),
            "station 'deburr': outside is 'ignore'; it is one of 'first principles', 'refuse'",
        ),
        (line_of(Hotter), "fallback Manual of the process Hotter differs in base; it takes"),
    ],
)
def test_what_cannot_fall_back_is_refused_before_the_run(line: Line, said: str) -> None:
    with pytest.raises(twin.LineError, match=said):
        twin.simulate(line, parts=5)
