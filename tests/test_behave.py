"""Processes of families in the loop: what a visit does is what its process says, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import twin
from twin.behave import HALL
from twin.distribution import Distribution
from twin.line import Failure, Line, Maintenance, Price, Process, Product, Shift, Station, Tariff
from twin.physics import Inspection, Machining, Manual, Oven, Washing
from twin.process import Around
from twin.profile import load_profile
from twin.random import uniform
from twin.start import keys_of


def constant(mean: float) -> Process:
    return Process(time=Distribution("constant", {"mean": mean}))


def by_hand(name: str, machines: int = 1, process: Manual | None = None, **keys: Any) -> Station:
    return Station(name, Process("manual", behaviour=process or Manual()), machines=machines, **keys)


LINE = Line(
    "hands",
    (
        Station("feed", constant(40.0)),
        by_hand("deburr", 2, Manual(handling=0.1), buffer=3, finds={"all": 0.6}, false_alarm=0.02),
        by_hand("pack", 1, Manual(standard=34.0, power=500.0), buffer=4, finds={"deburr.handling": 0.5},
                power={"electricity": {"starved": 90.0}}),
    ),
    tariff=Tariff(energy=(Price(0.0, 1e-7), Price(3600.0, 3e-7))),
)  # fmt: skip


_SEEN = ("machine", "number", "work")


@pytest.fixture(scope="module")
def trace() -> Any:
    return twin.simulate(LINE, horizon=4 * 3600.0, replications=3, seed=5)


@pytest.mark.parametrize("m", [1, 2])
def test_a_visit_is_what_its_process_says(trace: Any, m: int) -> None:
    keys = keys_of(trace.shape, 5, 3)["process"]
    process = LINE.stations[m].process.behaviour
    for r in range(3):
        blocks = [(b["number"][:, m, r], b["work"][:, m, r], b["fixed"][:, m, r]) for b in trace.blocks]
        number, work, fixed = (np.concatenate(column) for column in zip(*blocks, strict=True))
        for n, done in zip(number[fixed][:60], work[fixed][:60], strict=True):
            u = uniform((keys[0][m, r], keys[1][m, r]), jnp.asarray(int(n)), 0)
            out = process.visit(
                {}, {}, {"practice": jnp.asarray(1e6)}, Around(jnp.asarray(HALL), jnp.asarray(1.0)), {"time": u}
            )
            assert done == pytest.approx(float(out.time), rel=1e-12)


def test_people_learn_each_for_themselves() -> None:
    process = Manual(routine=1e9, rate=0.8)
    trace = twin.simulate(Line("school", (by_hand("bench", 3, process),)), parts=60)
    keys = keys_of(trace.shape, 0, 1)["process"]
    rows = [{k: v[b["fixed"][:, 0, 0], 0, 0] for k, v in b.items() if k in _SEEN} for b in trace.blocks]
    seen = {k: np.concatenate([row[k] for row in rows]) for k in _SEEN}
    for machine in range(3):
        mine = np.argsort(np.where(seen["machine"] == machine, seen["number"], 10**9))
        for made, i in enumerate(mine[:15]):
            u = uniform((keys[0][0, 0], keys[1][0, 0]), jnp.asarray(int(seen["number"][i])), 0)
            practice = {"practice": jnp.asarray(1e6 + made)}
            out = process.visit({}, {}, practice, Around(jnp.asarray(HALL), jnp.asarray(1.0)), {"time": u})
            assert seen["work"][i] == pytest.approx(float(out.time), rel=1e-10)


def test_energy_of_visits_and_profile_add_up_to_the_energy_of_the_run(trace: Any) -> None:
    figures = twin.kpis(trace).figures
    assert figures["energy"] is not None
    profile = load_profile(trace)
    assert profile.energy("electricity").sum(axis=0) / 3.6e6 == pytest.approx(figures["energy"].values, rel=1e-9)
    short = twin.kpis(twin.simulate(LINE, horizon=4 * 3600.0, replications=3, seed=5, record="kpis")).figures
    for name in ("energy", "energy_cost", "peak_power", "good", "scrapped"):
        a, b = figures[name], short[name]
        assert a is not None
        assert b is not None
        np.testing.assert_allclose(a.values, b.values, rtol=1e-9)


def test_working_time_costs_the_power_of_the_process(trace: Any) -> None:
    visits = trace.visits
    done = (visits["station"] == 1) & (visits["depart"] <= 3 * 3600.0)
    worked = (visits["finish"] - visits["start"])[done]
    assert visits["energy"][done] == pytest.approx(1200.0 * worked / 3.6e6, rel=1e-9)


def test_every_defect_is_found_or_escapes_or_is_still_there(trace: Any) -> None:
    totals = {name: np.asarray(trace.totals[name]) for name in ("found", "made", "escaped")}
    visits = trace.visits
    for r in range(3):
        mine = (visits["replication"] == r) & np.isfinite(visits["finish"])
        for code in (1, 2):
            station = trace.shape.causes[code - 1][0]
            made = mine & (visits["defect"] == code) & (visits["station"] == station)
            assert totals["made"][code, r] == made.sum()
            lost = totals["found"][code, :, r].sum()
            assert 0 <= made.sum() - lost - totals["escaped"][code, r] <= 6
    share = totals["found"][1, 1].sum() / totals["made"][1].sum()
    assert share == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / totals["made"][1].sum()))
    assert totals["found"][2, 1].sum() == 0


def test_what_is_scrapped_is_counted_once(trace: Any) -> None:
    np.testing.assert_array_equal(np.asarray(trace.totals["found"]).sum(axis=0), np.asarray(trace.totals["scrapped"]))


def test_products_have_numbers_of_their_own() -> None:
    behaviour = Manual(standard=10.0, cv=0.001)
    process = Process("manual", behaviour=behaviour, behaviours={"B": replace(behaviour, standard=30.0)})
    line = Line("mix", (Station("bench", process),), products=(Product("A", 0.5), Product("B", 0.5)))
    visits = twin.simulate(line, parts=60).visits
    times = visits["finish"] - visits["start"]
    for product, standard in ((0, 10.0), (1, 30.0)):
        assert times[(visits["product"] == product) & np.isfinite(times)] == pytest.approx(standard, rel=0.01)


def test_derivative_of_numbers_of_a_process() -> None:
    line = Line("clean", (Station("feed", constant(60.0)), by_hand("deburr", 1, Manual(handling=0.0), buffer=3)))

    def value(standard: Any, name: str) -> Any:
        run = twin.simulate(
            line, parts=60, warmup_parts=10, replications=2, setpoints={"deburr.process.standard": standard}
        )
        figure = twin.kpis(run).figures[name]
        assert figure is not None
        return figure.mean

    for name in ("throughput", "lead_time", "energy_per_good_part"):
        slope = jax.grad(lambda x, name=name: value(x, name))(82.0)
        central = (value(82.0 + 1e-4, name) - value(82.0 - 1e-4, name)) / 2e-4
        assert slope == pytest.approx(central, rel=1e-5), name


def test_a_chance_of_scrap_is_not_differentiated() -> None:
    def value(share: Any) -> Any:
        run = twin.simulate(LINE, parts=30, setpoints={"deburr.process.handling": share})
        return twin.kpis(run).figures["throughput"].mean  # type: ignore[union-attr]

    with pytest.raises(twin.GradientError, match="by chance"):
        jax.grad(value)(0.1)


def test_attributes_and_defects_are_in_the_table(trace: Any) -> None:
    table = trace.to_table()
    assert set(table.column("defect").to_pylist()) == {None, "deburr.handling", "pack.handling"}


def oven_line(**keys: Any) -> Line:
    wash = Station("wash", Process("washing", behaviour=Washing()), machines=10, kind="conveyor", buffer=4)
    oven = Station("cure", Process("oven", behaviour=Oven()), machines=24, kind="conveyor", buffer=4, transport=60.0)
    feed = Station("feed", Process(time=Distribution("exponential", {"mean": 70.0})))
    return Line("oven", (feed, wash, oven), **keys)


@pytest.mark.parametrize("record", ["all", "kpis"])
def test_a_conveyor_uses_its_base_all_the_time_and_each_part_its_own(record: str) -> None:
    trace = twin.simulate(oven_line(), horizon=4 * 3600.0, warmup=3600.0, replications=2, record=record)
    found = twin.kpis(trace).figures
    oven, wash = Oven(), Washing()
    hall = jnp.asarray(HALL)
    setpoints = {cls: {n: jnp.asarray(k.value) for n, k in cls.setpoints.items()} for cls in (Oven, Washing)}
    gas = float(oven.base(setpoints[Oven], hall)["gas"])
    electricity = sum(float(x.base(setpoints[type(x)], hall)["electricity"]) for x in (oven, wash))
    parts = np.asarray(trace.totals["produced"])
    assert found["gas"] is not None
    assert found["electricity"] is not None
    on_top = found["gas"].values * 3.6e6 - gas * 3 * 3600.0
    case = {name: jnp.asarray(about.value) for name, about in Oven.reads.items()}
    one = float(oven.visit(setpoints[Oven], case, {}, Around(hall, hall), {}).energy["gas"])
    assert on_top == pytest.approx(one * parts[2], rel=0.25)  # parts enter warm from the washer, and two are cut off
    assert (found["electricity"].values * 3.6e6 > electricity * 3 * 3600.0).all()
    if record == "all":
        profile = load_profile(trace)
        for carrier in ("gas", "electricity"):
            total = profile.energy(carrier).sum(axis=0) / 3.6e6
            assert total == pytest.approx(found[carrier].values, rel=1e-9)  # type: ignore[union-attr]


def test_pitch_is_a_setpoint_of_a_conveyor() -> None:
    line = Line("fast", oven_line().stations[2:])
    for pitch in (45.0, 50.0):
        visits = twin.simulate(line, parts=60, setpoints={"cure.pitch": pitch}).visits
        assert np.diff(visits["start"][:50]) == pytest.approx(pitch)
        assert (visits["finish"] - visits["start"])[:30] == pytest.approx(24 * pitch)


def test_parts_take_on_the_temperature_of_the_hall_on_their_way() -> None:
    line = oven_line(cooling=200.0)
    trace = twin.simulate(line, horizon=3 * 3600.0)
    visits = trace.visits
    washed = visits["temperature"][(visits["station"] == 1) & (visits["part"] < 60)]
    warm = twin.simulate(oven_line(), horizon=3 * 3600.0)
    assert np.nanmin(washed) > 320.0
    cold = [np.asarray(t.totals["power/gas"])[0, 2, 0] / np.asarray(t.totals["produced"])[2, 0] for t in (trace, warm)]
    assert cold[0] > 1.05 * cold[1]  # what cooled down on its way takes more gas


def test_what_moves_how_often_a_tool_is_changed_is_not_differentiated() -> None:
    mill = Station("mill", Process("machining", behaviour=Machining()))

    def value(setpoint: Any, name: str) -> Any:
        run = twin.simulate(Line("mill", (mill,)), parts=30, setpoints={f"mill.{name}": setpoint})
        return twin.kpis(run).figures["throughput"].mean  # type: ignore[union-attr]

    for name in ("drill_speed", "feed_per_tooth", "tool_change_after"):
        with pytest.raises(twin.GradientError, match=f"mill.{name}"):
            jax.grad(lambda x, name=name: value(x, name))(Machining.setpoints[name].value)
    speed = Machining.setpoints["face_mill_speed"].value
    slope = jax.grad(lambda x: value(x, "face_mill_speed"))(speed)
    step = 1e-4 * speed
    central = (value(speed + step, "face_mill_speed") - value(speed - step, "face_mill_speed")) / (2 * step)
    assert slope == pytest.approx(central, rel=1e-5)


def test_who_goes_where_is_not_differentiated() -> None:
    line = Line("two", (Station("feed", constant(40.0)), by_hand("deburr", 2, Manual(handling=0.0), buffer=3)))

    def value(standard: Any) -> Any:
        run = twin.simulate(line, parts=30, setpoints={"deburr.process.standard": standard})
        return twin.kpis(run).figures["throughput"].mean  # type: ignore[union-attr]

    with pytest.raises(twin.GradientError, match="overtake"):
        jax.grad(value)(72.0)


def test_a_setpoint_beyond_the_machine_is_refused() -> None:
    line = Line("mill", (Station("mill", Process("machining", behaviour=Machining())),))
    with pytest.raises(twin.LineError, match=r"mill.*drill_speed is 900 m/min.*60 m/min to 260 m/min.*Use"):
        twin.simulate(line, parts=5, setpoints={"mill.drill_speed": 15.0})


def test_processes_beside_shifts_maintenance_and_calendar_stops() -> None:
    stop = Failure("outage", Distribution("exponential", {"mean": 1500.0}), Distribution("constant", {"mean": 200.0}),
                   clock="calendar")  # fmt: skip
    care = Maintenance("care", 3000.0, 300.0, clock="calendar")
    first = by_hand("deburr", 2, Manual(handling=0.2), maintenance=(care,), finds={"handling": 0.4})
    last = by_hand("pack", 1, Manual(standard=30.0), buffer=2, failures=(stop,), finds={"all": 0.9})
    shifts = (Shift((0, 1, 2, 3, 4), 0.0, 7200.0, breaks=((1800.0, 2400.0),)),)
    line = replace(LINE, stations=(first, last), shifts=shifts)
    runs = [twin.simulate(line, horizon=3 * 3600.0, replications=3, record=record) for record in ("all", "kpis")]
    whole, short = (twin.kpis(run) for run in runs)
    for name in ("energy", "energy_cost", "good", "escapes"):
        a, b = whole.figures[name], short.figures[name]
        assert a is not None
        assert b is not None
        np.testing.assert_allclose(a.values, b.values, rtol=1e-9)
    total = load_profile(runs[0]).energy("electricity").sum(axis=0) / 3.6e6
    assert whole.figures["energy"] is not None
    np.testing.assert_allclose(total, whole.figures["energy"].values, rtol=1e-9)


def test_the_pareto_tells_where_a_defect_was_made_and_found_and_how_late(trace: Any) -> None:
    figures = twin.kpis(trace).defects["deburr.handling"]
    visits = trace.visits
    made = (visits["station"] == 1) & (visits["defect"] == 1) & np.isfinite(visits["finish"])
    assert figures["made"].values.sum() == made.sum()
    lost = (visits["station"] == 2) & (visits["defect"] == 1) & visits["scrapped"]
    assert figures["found at pack"].values.sum() == lost.sum() > 0
    origin = {(r, p): t for r, p, t in zip(*(visits[k][made] for k in ("replication", "part", "finish")), strict=True)}
    late = [
        t - origin[r, p] for r, p, t in zip(*(visits[k][lost] for k in ("replication", "part", "finish")), strict=True)
    ]
    assert figures["delay"].value == pytest.approx(sum(late) / figures["found"].values.sum(), rel=1e-9)
    escaped = figures["escaped"].values.sum()
    assert escaped == (made.sum() - figures["found"].values.sum()) - _under_way(visits, made)


def _under_way(visits: Any, made: Any) -> int:
    """Parts with a defect that have neither been scrapped nor left."""
    keys = {(r, p) for r, p in zip(visits["replication"][made], visits["part"][made], strict=True)}
    gone = (visits["scrapped"]) | ((visits["station"] == 2) & np.isfinite(visits["depart"]))
    return len(keys - {(r, p) for r, p in zip(visits["replication"][gone], visits["part"][gone], strict=True)})


def test_a_test_makes_the_errors_that_its_setpoint_gives_it() -> None:
    camera = Station("camera", Process("inspection", behaviour=Inspection()), finds={"all": 1.0})
    line = Line("looked at", (by_hand("pack", 1, Manual(standard=30.0, handling=0.3)), camera))
    for threshold in (2.0, 2.5758):
        trace = twin.simulate(line, horizon=40 * 3600.0, replications=8, setpoints={"camera.threshold": threshold},
                              record="kpis")  # fmt: skip
        errors = Inspection().finds({"threshold": jnp.asarray(threshold)}, {}, {})
        found, made = np.asarray(trace.totals["found"]).sum(axis=-1), np.asarray(trace.totals["made"]).sum(axis=-1)
        good = np.asarray(trace.totals["produced"])[1].sum() - made[1]
        for count, whole, share in (
            (found[0, 1], good, float(errors["alarm on good"])),
            (found[1, 1], made[1], 1 - float(errors["miss"])),
        ):
            assert count / whole == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / whole))
