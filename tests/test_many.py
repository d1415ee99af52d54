"""Lines side by side: each tells what it tells alone, from one program for all."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

import twin
from tests.guarded import bench
from tests.plants import plant
from twin.many import Group, grouped, simulate_many

REFERENCE = twin.load_line("reference")


def totals(trace):
    return {name: np.asarray(leaf) for name, leaf in jax.tree_util.tree_leaves_with_path(trace.totals)}


def assert_same(many, lines, values, **run):
    for trace, line, own in zip(many, lines, values, strict=True):
        alone = twin.simulate(line, setpoints=own, record="kpis", **run)
        assert trace.totals.keys() == alone.totals.keys()
        here, there = twin.kpis(trace), twin.kpis(alone)
        for name, figure in there.items():
            assert (figure is None) == (here[name] is None), name
            if figure is not None:
                np.testing.assert_allclose(here[name].values, figure.values, rtol=1e-12, atol=1e-12, err_msg=name)
        for name, station in there.stations.items():
            for state, figure in station.states.items():
                np.testing.assert_allclose(here.stations[name].states[state].values, figure.values, atol=1e-12)


def with_buffer(line, place, room):
    stations = list(line.stations)
    stations[place] = replace(stations[place], buffer=room)
    return replace(line, stations=tuple(stations))


class TestEachIsWhatItIsAlone:
    @pytest.mark.parametrize("run", [{"horizon": 3000.0, "warmup": 600.0}, {"parts": 700, "warmup_parts": 100}])
    def test_numbers_and_buffers_differ(self, run):
        lines = [REFERENCE, with_buffer(REFERENCE, 2, 1), REFERENCE, with_buffer(REFERENCE, 3, 9)]
        values = [{}, {}, {"S3.process.time.mean": 1.1}, {"S1.process.time.mean": 0.8}]
        run |= {"replications": 3, "seed": 4}
        assert_same(simulate_many(lines, values=values, **run), lines, values, **run)

    def test_a_plant_with_calendars_setups_failures_and_rework(self):
        line = plant()
        later = replace(line.shifts[0], begin=line.shifts[0].begin + 1800.0)
        lines = [line, replace(line, shifts=(later, *line.shifts[1:]))]
        values = [{"mill.process.time.mean": 72.0}, {}]
        run = {"horizon": 8 * 3600.0, "warmup": 3600.0, "replications": 2, "seed": 1}
        assert_same(simulate_many(lines, values=values, **run), lines, values, **run)

    def test_what_lies_outside_is_repeated_on_first_principles(self):
        lines = [bench(), bench(patience=30.0)]
        many = simulate_many(lines, parts=150, replications=6, seed=2)
        assert many[0].repeated is not None
        assert_same(many, lines, [{}, {}], parts=150, replications=6, seed=2)

    @pytest.mark.slow
    def test_housing(self):
        line = twin.load_line("housing")
        values = [{}, {"cast.spray": 10.0, "cure.zone_1": 490.0}]
        run = {"horizon": 4 * 3600.0, "replications": 2, "seed": 3}
        assert_same(simulate_many([line, line], values=values, **run), [line, line], values, **run)


class TestGroups:
    def test_a_line_tells_the_same_whichever_stand_beside_it(self):
        means = [1.0, 0.9, 1.1, 0.95]
        group = Group([REFERENCE] * 4, [{"S3.process.time.mean": mean} for mean in means], parts=300, replications=2)
        first, again = group.run([0, 1]), group.run([3, 1])
        for name, total in totals(first[1]).items():
            np.testing.assert_array_equal(total, totals(again[1])[name])

    def test_the_same_program_runs_any_of_them(self, monkeypatch):
        group = Group([REFERENCE] * 6, [{"S3.process.time.mean": 1 + k / 10} for k in range(6)], parts=300)
        group.run([0, 1])
        monkeypatch.setattr("twin.many.advance", None)  # tracing it again would fail
        assert len(group.run([4, 5])) == 2

    def test_a_later_group_runs_the_program_of_an_earlier_one(self, monkeypatch):
        values = [{"S3.process.time.mean": 1.1, "S4.process.time.mean": 1.1}]
        first = Group([REFERENCE, REFERENCE], [{}, *values], parts=250)
        first.run([0, 1])
        monkeypatch.setattr("twin.many.advance", None)  # tracing it again would fail
        only_one = {"S4.process.time.mean": 0.7}
        traces = Group([REFERENCE] * 2, [only_one, {}], parts=250, like=first).run([0, 1])
        monkeypatch.undo()
        assert_same(traces, [REFERENCE] * 2, [only_one, {}], parts=250)

    def test_lines_are_grouped_by_what_is_more_than_numbers(self):
        scrapping = replace(REFERENCE.stations[1], scrap=0.1)
        other = replace(REFERENCE, stations=(REFERENCE.stations[0], scrapping, *REFERENCE.stations[2:]))
        lines = [REFERENCE, other, with_buffer(REFERENCE, 2, 3), REFERENCE]
        values = [{}, {}, {}, {"S3.process.time.mean": 0.5}]
        groups = grouped(lines, values, parts=100)
        assert [places for places, _ in groups] == [[0, 2, 3], [1]]
        assert_same(groups[0][1].run([0, 1, 2]), [lines[0], *lines[2:]], [{}, *values[2:]], parts=100)

    def test_lines_that_are_not_alike_are_refused(self):
        fewer = replace(REFERENCE, stations=REFERENCE.stations[:-1])
        with pytest.raises(ValueError, match="differ in more than numbers"):
            simulate_many([REFERENCE, fewer], parts=100)

    def test_as_many_values_as_lines(self):
        with pytest.raises(ValueError, match="there are 1 lines and 2 values"):
            simulate_many([REFERENCE], values=[{}, {}], parts=100)

    def test_progress_ends_at_one(self):
        shares = []
        simulate_many([REFERENCE], parts=300, progress=shares.append)
        assert shares[-1] == 1.0
