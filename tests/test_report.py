"""The morning report and the figures under it: levels of buffers, planned work, the peak."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

import numpy as np
import pytest
from plants import constant, exponential, full_plant_trace, own_stops_trace, pair, pair_trace, plant_trace, timed
from test_waterfall import adds_up

import scenarios
from scenarios.morning import gather
from scenarios.report import morning_report, page
from twin.critical import CriticalPath
from twin.delivery import deliveries
from twin.figures import Figure
from twin.kpi import kpis
from twin.levels import BufferLevel, buffer_levels
from twin.line import Line, Maintenance, Order, Product, Source, Station
from twin.peak import peak
from twin.profile import load_profile
from twin.run import simulate
from twin.spec import load_line
from twin.upkeep import upkeep


def text_of(trace, **changes):
    """The report of a run, checked for its size."""
    text = page(replace(gather(trace), **changes))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 48
    assert not [line for line in lines if line != line.rstrip()]
    assert "nan" not in text
    assert "None" not in text
    return text


@functools.cache
def smallest():
    return simulate(Line("smallest", (Station("S1", timed(constant(60.0))),)), horizon=3600.0)


def orders_line(scrap=0.1):
    orders = (
        Order("kept", "part", 20, due=1500.0),
        Order("late", "part", 40, release=100.0, due=2600.0),
        Order("later", "part", 30, release=200.0, due=90000.0),
    )
    stations = (Station("a", timed(constant(60.0)), scrap=scrap), Station("b", timed(constant(50.0)), buffer=3))
    return Line("orders", stations, source=Source("orders", orders=orders), takt=60.0)


@functools.cache
def orders_trace():
    return simulate(orders_line(), horizon=3000.0, replications=4)


@functools.cache
def housing_trace():
    values = {"mill.tool_change_after": 40.0, "cast.dwell": 12.0}
    line = load_line("housing")
    new = [replace(s, process=replace(s.process, ages="new")) if s.name == "mill" else s for s in line.stations]
    return simulate(replace(line, stations=tuple(new)), horizon=3 * 3600.0, replications=2, setpoints=values)


class TestPage:
    def test_of_the_smallest_line_says_what_is_missing(self):
        text = text_of(smallest())
        assert text.startswith("smallest   2026-01-05 Mon 00:00 to 01:00, planned 60 min\n")
        assert re.search(r"^output +60 good parts, no plan; takt 60 s$", text, re.MULTILINE)
        assert "OEE not known: [line] names no pace station" in text
        assert "the line file gives no failures" in text
        assert "the line file gives no power" in text
        assert "Nothing is random" in text
        assert "±" not in text
        assert "buffers" not in text
        assert "orders" not in text

    def test_of_the_pair(self):
        text = text_of(pair_trace())
        assert re.search(r"= good parts: OEE 90 % +45\.0 +50\.0$", text, re.MULTILINE)
        assert re.search(r"- speed +-5\.0 +-5\.6$", text, re.MULTILINE)
        assert re.search(r"weld +1\.0/1 100 % +0 %", text)
        assert "peak 10.4 kW, flat" in text
        assert "Begins with an empty line" not in text  # there is a warm-up

    def test_of_the_plant(self):
        text, found = text_of(plant_trace()), kpis(plant_trace())
        assert f"OEE {100 * found['oee'].value:.0f} %" in text
        assert "planned 237 min" in text
        assert "gas" in text
        assert "demand charge" in " ".join(text.split())
        assert "check clean" in text
        assert "rework" in text

    def test_without_a_pace_station_and_with_breaks(self):
        text = text_of(own_stops_trace())
        assert "cast jam" in text
        assert "planned 140 min" in text

    @pytest.mark.slow
    def test_of_the_full_plant(self):
        text = text_of(full_plant_trace())
        assert re.search(r"check daily Mon|check daily 1", text)
        assert "oven" in text

    def test_of_a_line_with_orders(self):
        text = text_of(orders_trace())
        late = next(each for each in deliveries(orders_trace()) if each.order.name == "late")
        assert late.risk == 1
        assert f"late {float(f'{late.good.mean():.3g}'):g} of 40 good by 00:43 (late)" in " ".join(text.split())
        assert "short by scrap: kept" in " ".join(text.split())
        assert "2 due" in text

    def test_when_nothing_good_is_made(self):
        text = text_of(simulate(orders_line(scrap=1.0), horizon=3000.0))
        assert "0 good parts, plan 50 (-100.0 %); takt not known" in text
        assert "scrap 50 (100 %)" in text

    def test_of_a_run_by_parts_has_one_replication_and_no_interval(self):
        line = replace(orders_line(), source=Source())
        line = replace(line, stations=(replace(line.stations[0], buffer=0), line.stations[1]))
        text = text_of(simulate(line, parts=30, warmup_parts=5))
        assert "25 good parts" in text
        assert "One run only" in text
        assert "±" not in text

    def test_odd_and_long_names_stay_in_their_columns(self):
        odd = Station("[red]" + "x" * 60, timed(constant(60.0)), planned_time={"": 60.0})
        wide = Station("鋳造" * 12, timed(constant(50.0)), buffer=2)
        line = Line("line " * 30, (odd, wide), pace=odd.name)
        trace = simulate(line, horizon=3600.0)
        text = page(gather(trace))
        assert "[red]" in text
        from rich.cells import cell_len

        assert max(cell_len(row) for row in text.splitlines()) <= 80

    def test_long_lists_are_cut(self):
        figure = Figure(np.array([0.25]), "1")
        buffers = tuple(BufferLevel(f"station {k}", 3, figure, figure, figure) for k in range(40))
        text = text_of(pair_trace(), buffers=buffers, doubts=tuple(f"doubt {k}" for k in range(20)))
        assert "and 28 that were full less often" in text
        assert "doubt 19" in text
        assert text.count("doubt ") == 6

    def test_needs_visits(self):
        with pytest.raises(ValueError, match="kept no visits; simulate with record='all'"):
            morning_report(pair_trace(record="kpis"))

    def test_is_public(self):
        assert scenarios.morning_report is morning_report
        with pytest.raises(AttributeError, match="no attribute 'evening_report'"):
            _ = scenarios.evening_report  # type: ignore[attr-defined]


class TestBottleneck:
    def path(self, **shares):
        figures = {n: Figure(np.array([x - 0.01, x, x + 0.01]), "1") for n, x in shares.items()}
        less = {n: Figure(-0.5 * np.asarray(f.values), "1") for n, f in figures.items() if n != "source"}
        return CriticalPath({}, np.ones(3), figures, less)

    def said(self, **shares):
        return " ".join(text_of(pair_trace(), critical=self.path(**shares)).split())

    def test_names_shares_and_what_one_per_cent_brings(self):
        said = self.said(mill=0.38, cast=0.46, pack=0.005, source=0.0)
        assert "bottleneck cast 46 % ±2, mill 38 % ±2 of the critical path good parts for" in said
        assert "for 1 % less processing time: cast +0.23 %; mill +0.19 %" in said

    def test_of_a_line_that_waits_for_parts(self):
        assert "source 90 % ±2, mill 10 % ±2 of the critical path" in self.said(source=0.9, mill=0.1)

    def test_says_nothing_without_a_good_part(self):
        assert "bottleneck" not in self.said(mill=np.nan)


class TestLevels:
    def test_by_hand(self):
        """Parts wait for the welder from 80 to 100 s, 120 to 160 s and 160 to 220 s; with one the buffer is full."""
        (level,) = buffer_levels(simulate(pair(), horizon=200.0))
        assert (level.station, level.places) == ("weld", 1)
        assert [figure.value for figure in (level.level, level.empty, level.full) if figure] == [0.5, 0.5, 0.5]

    @pytest.mark.parametrize("make", [plant_trace, pytest.param(full_plant_trace, marks=pytest.mark.slow)])
    def test_as_a_look_at_many_moments(self, make):
        trace = make()
        found = {level.station: level for level in buffer_levels(trace)}
        moments = np.linspace(2880.0, 21600.0, 700)[:-1]
        for station in trace.line.stations[1:]:
            seen, level = [], found[station.name]
            for moment in moments:
                here = next(s for s in trace.state_at(moment, 1).stations if s.name == station.name)
                outside = len(here.waiting) + len(here.coming)
                held = outside + sum(len(machine.parts) for machine in here.machines)
                seen.append((outside, outside == 0, held == station.buffer + station.machines))
            figures = [figure.values[1] for figure in (level.level, level.empty, level.full) if figure]
            assert figures == pytest.approx(np.mean(seen, axis=0), abs=0.03)

    def test_of_the_queue_outside(self):
        first = buffer_levels(orders_trace())[0]
        assert (first.station, first.places, first.full) == ("a", None, None)
        assert first.level.value is not None
        assert first.level.value > 50


class TestUpkeep:
    def test_by_hand(self):
        """A press of 10 s: cleaned for 5 s after parts 4, 8, ...; greased for 1 s after 35 s of work, so then too."""
        tasks = (Maintenance("clean", 4, 5.0, clock="parts"), Maintenance("grease", 35.0, 1.0))
        tasks += (Maintenance("oil", 60.0, 0.5, clock="calendar"),)
        press = Station("press", timed(constant(10.0)), maintenance=tasks)
        trace = simulate(Line("l", (press,)), horizon=100.0)
        finished = int((trace.visits["finish"] <= 100.0).sum())
        clean, grease, oil = upkeep(trace)
        assert [work.name for work in (clean, grease, oil)] == ["clean", "grease", "oil"]
        assert clean.done is not None
        assert clean.rest is not None
        assert grease.rest is not None
        assert (clean.done.value, clean.rest.value) == (finished // 4, 4 - finished % 4)
        assert grease.rest.value == 35.0 - 10.0 * (finished % 4)
        assert (oil.due, oil.done) == (120.0, None)

    def test_is_not_known_after_another_run(self):
        press = Station("press", timed(constant(10.0)), maintenance=(Maintenance("clean", 4, 5.0, clock="parts"),))
        line = Line("l", (press,))
        first = simulate(line, horizon=100.0)
        (clean,) = upkeep(simulate(line, horizon=200.0, state=first.state))
        assert clean.rest is None


class TestPeak:
    def test_is_that_of_the_kpis_and_names_what_is_above_its_mean(self):
        trace = plant_trace()
        found, profile = peak(trace), load_profile(trace)
        assert found is not None
        assert found.station is not None
        assert found.excess is not None
        np.testing.assert_allclose(found.power.values, kpis(trace)["peak_power"].values)
        highest = np.argwhere(profile.power()[1:-1] == profile.peak()[None])[:, 0] + 1
        assert found.begin in profile.edges[highest]
        m = trace.plan.shape.names.index(found.station)
        power = profile.by_state["electricity"].sum(axis=0)[m]
        excess = [power[highest[r], r] / 900 - power[:, r].sum() / (21600 - 2880) for r in range(2)]
        assert sorted(excess) == pytest.approx(sorted(1000 * np.asarray(found.excess.values)))

    def test_of_equal_quarters_has_no_culprit(self):
        found = peak(pair_trace())
        assert found is not None
        assert found.station is None

    def test_without_power_or_a_full_quarter(self):
        assert peak(smallest()) is None
        assert peak(simulate(pair(), horizon=600.0)) is None


class TestHousing:
    def test_waterfall(self):
        found = adds_up(housing_trace())
        assert found.station == "cast"
        assert float(found.losses["start-up scrap"].parts.mean) >= 3  # the die begins cold
        assert float(found.losses["micro-stop"].minutes.mean) > 0
        assert float(found.losses["in process"].parts.mean) > 50  # the line begins empty

    def test_tool_changes(self):
        change = next(work for work in upkeep(housing_trace()) if work.station == "mill")
        assert change.name == "tool change"
        assert change.every == 40
        visits, end = housing_trace().visits, 3 * 3600.0
        for r in range(2):
            mine = (visits["station"] == 3) & (visits["replication"] == r) & (visits["finish"] <= end)
            made = np.bincount(visits["machine"][mine])
            assert change.done is not None
            assert change.done.values[r] == (made // 40).sum() > 0
            assert change.rest is not None
            assert change.rest.values[r] == 40 - (made % 40).max()

    def test_page(self):
        text = text_of(housing_trace())
        assert "cast.dwell is 12 s, not released (released: 8 s to 11 s)." in text
        assert "micro-stops (under 5 min)" in text
        assert "new tools" in text
        assert "cold run" in text
        assert "die and furnace care Tue 06:00" in text
        assert any("10 stations are modelled" in doubt for doubt in gather(housing_trace()).doubts)


def test_products_share_a_report():
    press = Station("press", timed(exponential(50.0)), planned_time={"A": 40.0, "": 60.0})
    line = Line("two", (press,), products=(Product("A", 0.5), Product("B", 0.5)), pace="press")
    trace = simulate(line, horizon=3600.0, replications=2)
    adds_up(trace)
    assert "= good parts: OEE" in text_of(trace)
