"""Line files that are in order: every field arrives in SI units."""

import copy
from dataclasses import replace
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path

import numpy as np
import pytest

from twin.checks import check_line
from twin.distribution import FAMILIES, Distribution
from twin.errors import RuleError
from twin.line import (
    Demand,
    Failure,
    Line,
    Machine,
    Maintenance,
    Order,
    Process,
    Product,
    Rework,
    Setpoint,
    Setup,
    Shift,
    Standby,
    Tariff,
)
from twin.spec import load_line, read_line, read_tables
from twin.units import USUAL, by_pint, unit

HOUR, DAY = 3600.0, 86400.0

EXAMPLE = """
schema = 1
[line]
name = "example"
start = "2026-01-05 06:00"            # local time at t = 0
attributes = ["roughness", "deviation"]
pace = "S1"
base_load = { electricity = "12 kW" }
[plan]
takt = "55 s"
[source]
mode = "orders"
file = "orders.csv"
[[product]]
name = "A"
share = 0.7
[[product]]
name = "B"
share = 0.3
[[shift]]
days = "mon-fri"
from = "06:00"
to = "14:00"
breaks = ["09:00-09:15", "11:30-12:00"]
[tariff]
currency = "EUR"
energy = [ { from = "22:00", price = "0.14 EUR/kWh" }, { from = "06:00", price = "0.21 EUR/kWh" } ]
demand = { price = "110 EUR/kW", per = "year" }
co2 = "0.38 kg/kWh"
gas = { price = "0.05 EUR/kWh", co2 = "0.20 kg/kWh" }
[[station]]
name = "S1"
machines = 2
buffer = 4
transport = "6 s"
process = { model = "timed", time = { distribution = "lognormal", mean = "42 s", cv = 0.1 } }
planned_time = "50 s"
scrap = 0.01
rework = { share = 0.02, max_attempts = 2 }
setup = { default = "0 s", "A>B" = "8 min", "B>A" = "10 min" }
maintenance = [ { every = "40 h", clock = "operating", duration = "25 min" } ]
power = { processing = "8 kW", setup = "3 kW", starved = "2 kW", blocked = "2 kW", down = "1 kW", standby = "0.6 kW" }
standby = { after = "5 min", wake = "20 s" }
setpoints.speed = { value = "320 m/min", released = ["250 m/min", "400 m/min"], machine = ["100 m/min", "600 m/min"] }
[[station.failure]]
name = "spindle"
clock = "operating"
interrupted = "kept"
up = { distribution = "weibull", shape = 1.4, scale = "9 h" }
down = { distribution = "lognormal", mean = "18 min", cv = 0.8 }
[[station.machine]]
[[station.machine]]
process.time.mean = "44 s"
[[station]]
name = "S2"
buffer = 6
process = { model = "recorded", file = "times.csv", column = "S2" }
"""

ORDERS = """order,product,quantity,release,due
1001,A,40,0,8 h
1002,B,10,2026-01-05 08:00,2026-01-06 06:00
1003,A,5,3600,
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Line:
    folder = tmp_path_factory.mktemp("example")
    (folder / "line.toml").write_text(EXAMPLE, encoding="utf-8")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (folder / "times.csv").write_text("S1,S2\n3,40\n4,41.5\n\n", encoding="utf-8")
    return load_line(folder / "line.toml")


def test_the_head_of_the_example(example):
    assert (example.name, example.start, example.pace) == ("example", datetime(2026, 1, 5, 6), "S1")
    assert example.attributes == ("roughness", "deviation")
    assert example.base_load == {"electricity": 12e3}
    assert (example.takt, example.pallets) == (55.0, None)
    assert example.products == (Product("A", 0.7), Product("B", 0.3))
    assert example.shifts == (
        Shift((0, 1, 2, 3, 4), 6 * HOUR, 14 * HOUR, ((9 * HOUR, 9.25 * HOUR), (11.5 * HOUR, 12 * HOUR))),
    )


def test_the_orders_of_the_example(example):
    assert example.source.mode == "orders"
    assert example.source.orders == (
        Order("1001", "A", 40, 0.0, 8 * HOUR),
        Order("1003", "A", 5, HOUR, None),
        Order("1002", "B", 10, 2 * HOUR, DAY),
    )


def test_the_tariff_of_the_example(example):
    tariff = example.tariff
    assert tariff.currency == "EUR"
    assert [price.begin for price in tariff.energy] == [6 * HOUR, 22 * HOUR]
    assert [price.price * 3.6e6 for price in tariff.energy] == pytest.approx([0.21, 0.14])
    assert tariff.demand == Demand(0.11, "year")
    assert tariff.price == {"gas": pytest.approx(0.05 / 3.6e6)}
    assert tariff.co2 == {"electricity": pytest.approx(0.38 / 3.6e6), "gas": pytest.approx(0.2 / 3.6e6)}


def test_the_first_station_of_the_example(example):
    station = example.station("S1")
    time = Distribution("lognormal", {"mean": 42.0, "cv": 0.1})
    assert station.process == Process("timed", time)
    assert (station.machines, station.buffer, station.transport, station.scrap) == (2, 4, 6.0, 0.01)
    assert (station.kind, station.pitch) == ("machines", 0.0)
    assert station.planned_time == {"": 50.0}
    assert station.rework == Rework(0.02, 2)
    assert station.setup == Setup(0.0, {("A", "B"): 480.0, ("B", "A"): 600.0}, "early")
    up, down = (
        Distribution("weibull", {"shape": 1.4, "scale": 9 * HOUR}),
        Distribution("lognormal", {"mean": 1080.0, "cv": 0.8}),
    )
    assert station.failures == (Failure("spindle", up, down, "operating", "kept", "stationary"),)
    assert station.maintenance == (Maintenance("maintenance", 40 * HOUR, 1500.0, "operating"),)
    assert station.standby == (Standby(300.0, 20.0),)
    states = {"processing": 8e3, "setup": 3e3, "starved": 2e3, "blocked": 2e3, "down": 1e3, "standby": 600.0}
    assert station.power == {"electricity": states}
    (speed,) = station.setpoints.values()
    assert (speed.value, speed.unit, speed.scale) == (pytest.approx(320 / 60), "m/min", pytest.approx(1 / 60))
    assert speed.released == pytest.approx((250 / 60, 400 / 60))
    assert speed.machine == pytest.approx((100 / 60, 10.0))


def test_machines_that_differ(example):
    changed = Process("timed", Distribution("lognormal", {"mean": 44.0, "cv": 0.1}))
    assert example.station("S1").overrides == (Machine(), Machine(process=changed))
    assert example.station("S2").overrides == ()


def test_recorded_times(example):
    assert example.station("S2").process == Process("recorded", rows=(40.0, 41.5))


TIMED = {"model": "timed", "time": {"distribution": "constant", "mean": "42 s"}}


def station(**keys) -> dict:
    return {"name": "S2", "process": copy.deepcopy(TIMED), **keys}


def line(*stations: dict, base: Path | str = ".", **tables) -> Line:
    first = {"name": "S1", "process": copy.deepcopy(TIMED)}
    return read_line({"source": {"mode": "saturated"}, "station": [first, *stations], **tables}, base)


def time_of(table: dict, base: Path | str = ".") -> Distribution:
    process = line(station(process={"model": "timed", "time": table}), base=base).station("S2").process
    assert process.time is not None
    return process.time


def test_the_smallest_line():
    smallest = read_line({"source": {"mode": "saturated"}, "station": [{"name": "S1", "process": TIMED}]})
    assert smallest == Line("line", (replace(smallest.stations[0]),))
    assert smallest.stations[0].process.time == Distribution("constant", {"mean": 42.0})
    assert (smallest.products, smallest.shifts, smallest.pallets) == ((Product("part"),), (), None)


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        ({"distribution": "constant", "mean": "1 min"}, {"mean": 60.0}),
        ({"distribution": "uniform", "low": "0 s", "high": "2 s"}, {"low": 0.0, "high": 2.0}),
        (
            {"distribution": "triangular", "low": "1 s", "mode": "1 s", "high": "3 s"},
            {"low": 1.0, "mode": 1.0, "high": 3.0},
        ),
        ({"distribution": "normal", "mean": "2 s", "sd": "500 ms"}, {"mean": 2.0, "sd": 0.5}),
        ({"distribution": "exponential", "mean": "2 h"}, {"mean": 7200.0}),
        ({"distribution": "gamma", "mean": "2 d", "cv": 1}, {"mean": 172800.0, "cv": 1.0}),
        ({"distribution": "lognormal", "mean": "2 s", "cv": 0.5}, {"mean": 2.0, "cv": 0.5}),
        ({"distribution": "weibull", "shape": 2, "scale": "1e3 s"}, {"shape": 2.0, "scale": 1000.0}),
    ],
)
def test_families(table, numbers):
    read = time_of(table)
    assert (read.family, read.numbers) == (table["distribution"], numbers)
    assert tuple(read.numbers) == FAMILIES[read.family]


def test_a_mixture():
    parts = [
        {"weight": 0.8, "distribution": "constant", "mean": "45 s"},
        {"weight": 0.2, "distribution": "empirical", "values": ["3 s", "1 min"]},
    ]
    read = time_of({"distribution": "mixture", "parts": parts})
    assert read.parts == (
        (0.8, Distribution("constant", {"mean": 45.0})),
        (0.2, Distribution("empirical", values=(3.0, 60.0))),
    )


@pytest.mark.parametrize(
    "content", ["t,u\n1.5,2\n3,4\n", "\ufefft;u\n1.5;2\n3;4\n", "u, t \r\n2, 1.5\r\n4, 3\r\n\r\n", 't\n"1.5"\n+3e0\n']
)
def test_an_empirical_sample_from_a_file(tmp_path, content):
    (tmp_path / "sample.csv").write_bytes(content.encode())
    read = time_of({"distribution": "empirical", "file": "sample.csv", "column": "t"}, tmp_path)
    assert read == Distribution("empirical", values=(1.5, 3.0))


def test_a_conveyor():
    oven = line(station(kind="conveyor", machines=24, pitch="45 s", scrap=0.01)).station("S2")
    assert (oven.kind, oven.machines, oven.pitch) == ("conveyor", 24, 45.0)


def test_a_source_with_intervals_may_have_a_buffer_in_front():
    time = {"distribution": "exponential", "mean": "60 s"}
    read = read_line({"source": {"mode": "interval", "time": time}, "station": [station(buffer=3, transport="5 s")]})
    assert read.source.time == Distribution("exponential", {"mean": 60.0})
    assert read.stations[0].buffer == 3


def test_co2_of_electricity_by_time_of_day():
    day = [{"from": "06:00", "intensity": "0.36 kg/kWh"}, {"intensity": "420 g/kWh"}]
    tariff = line(tariff={"co2": day, "gas": {"co2": "0.2 kg/kWh"}}).tariff
    assert [(rate.begin, rate.co2 * 3.6e6) for rate in tariff.intensity] == [
        (0.0, pytest.approx(0.42)),
        (6 * HOUR, pytest.approx(0.36)),
    ]
    assert tariff.co2 == {"gas": pytest.approx(0.2 / 3.6e6)}
    assert tariff.rates("co2") == {"gas": pytest.approx(0.2 / 3.6e6), "electricity": pytest.approx(0.42 / 3.6e6)}
    single = line(tariff={"co2": [{"from": "06:00", "intensity": "0.36 kg/kWh"}]}).tariff
    assert single == line(tariff={"co2": "0.36 kg/kWh"}).tariff
    assert line(tariff={"co2": []}).tariff == line(tariff={"energy": []}).tariff == Tariff()


def test_several_failures_maintenances_and_levels_of_standby():
    stop = {"up": {"distribution": "exponential", "mean": "8 h"}, "down": {"distribution": "constant", "mean": "9 min"}}
    read = line(
        station(
            failure=[{**stop, "clock": "calendar", "ages": "new", "interrupted": "scrapped"}, stop],
            maintenance=[
                {"name": "tools", "clock": "parts", "every": 120, "duration": "4 min"},
                {"clock": "calendar", "every": "1 d", "duration": "45 min"},
            ],
            standby=[
                {"after": "5 min", "wake": "20 s"},
                {"after": "1 h", "wake": "10 min", "power": "1.4 kW"},
                {"after": "2 h", "wake": "15 min", "power": {"electricity": "1 kW", "gas": "2 kW"}},
            ],
        )
    ).station("S2")
    first, second = read.failures
    assert (first.name, first.clock, first.interrupted, first.ages) == ("failure 1", "calendar", "scrapped", "new")
    assert (second.name, second.clock, second.interrupted, second.ages) == (
        "failure 2",
        "operating",
        "kept",
        "stationary",
    )
    assert read.maintenance == (
        Maintenance("tools", 120.0, 240.0, "parts"),
        Maintenance("maintenance 2", DAY, 2700.0, "calendar"),
    )
    assert read.standby == (
        Standby(300.0, 20.0),
        Standby(3600.0, 600.0, {"electricity": 1400.0}),
        Standby(7200.0, 900.0, {"electricity": 1000.0, "gas": 2000.0}),
    )


def test_products_have_times_planned_times_and_setups_of_their_own():
    products = [{"name": "A", "share": 0.7}, {"name": "B", "share": 0.3}]
    process = {**TIMED, "product": {"B": {"distribution": "gamma", "mean": "50 s", "cv": 0.2}}}
    setup = {"default": "1 min", "A > B": "8 min", "begins": "loaded"}
    read = line(
        station(process=process, planned_time={"A": "50 s", "B": "56 s"}, setup=setup), product=products
    ).station("S2")
    assert read.process.product == {"B": Distribution("gamma", {"mean": 50.0, "cv": 0.2})}
    assert read.planned_time == {"A": 50.0, "B": 56.0}
    assert read.setup == Setup(60.0, {("A", "B"): 480.0}, "loaded")


def test_power_by_carrier():
    power = {"processing": "8 kW", "electricity": {"down": "1 kW"}, "gas": {"processing": "3 kW"}, "compressed_air": {}}
    assert line(station(power=power)).station("S2").power == {
        "electricity": {"processing": 8e3, "down": 1e3},
        "gas": {"processing": 3e3},
    }


def test_a_machine_may_have_failures_and_power_of_its_own():
    stop = {"up": {"distribution": "exponential", "mean": "8 h"}, "down": {"distribution": "constant", "mean": "9 min"}}
    machines = [{"failure": []}, {"failure": stop, "power": {"down": "2 kW"}}]
    read = line(
        station(machines=2, power={"processing": "8 kW", "down": "1 kW"}, failure=stop, machine=machines)
    ).station("S2")
    assert read.overrides[0] == Machine(failures=())
    assert read.overrides[1] == Machine(failures=read.failures, power={"electricity": {"processing": 8e3, "down": 2e3}})


def test_setpoints():
    setpoints = {
        "speed": {"value": "90 m/min"},
        "temperature": {"value": "200 °C", "released": ["190 °C", "205 °C"]},
        "tools": {"value": 120, "machine": [40, 400]},
    }
    read = line(station(process={**TIMED, "rate_setpoint": "speed"}, setpoints=setpoints)).station("S2")
    assert read.process.rate_setpoint == "speed"
    assert read.setpoints["speed"] == Setpoint(1.5, "m/min", 1 / 60)
    assert read.setpoints["temperature"].value == pytest.approx(473.15)
    assert read.setpoints["temperature"].released == pytest.approx((463.15, 478.15))
    assert read.setpoints["tools"] == Setpoint(120.0, "dimensionless", 1.0, None, (40.0, 400.0))


@pytest.mark.parametrize(
    ("days", "numbers"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat", (5,)),
        ("mon,wed,fri", (0, 2, 4)),
        ("daily", tuple(range(7))),
        ("fri-mon, Wed", (0, 2, 4, 5, 6)),
    ],
)
def test_days(days, numbers):
    assert line(shift=[{"days": days, "from": "06:00", "to": "14:00"}]).shifts[0].days == numbers


def test_a_shift_past_midnight_keeps_times_of_day():
    (shift,) = line(
        shift=[{"days": "mon", "from": "22:00", "to": "06:00", "breaks": ["23:45-00:15", "02:00-02:30"]}]
    ).shifts
    assert (shift.begin, shift.end) == (22 * HOUR, 6 * HOUR)
    assert shift.breaks == ((23.75 * HOUR, 0.25 * HOUR), (2 * HOUR, 2.5 * HOUR))


def test_shifts_may_touch():
    table = [{"days": "daily", "from": "06:00", "to": "18:00"}, {"days": "daily", "from": "18:00", "to": "06:00"}]
    assert len(line(shift=table).shifts) == 2
    assert line(shift=[{"days": "daily", "from": "00:00", "to": "24:00"}]).shifts[0].end == DAY


def test_one_price_holds_all_day():
    tariff = line(tariff={"currency": "CHF", "energy": "0.36 CHF/kWh"}).tariff
    (price,) = tariff.energy
    assert (price.begin, price.price) == (0.0, pytest.approx(1e-7))


def test_dates_and_times_of_toml_are_read():
    shift = {"days": "mon", "from": clock_time(6), "to": "14:00"}
    read = line(line={"start": datetime(2026, 1, 5, 6)}, shift=[shift])
    assert (read.start, read.shifts[0].begin) == (datetime(2026, 1, 5, 6), 6 * HOUR)


def test_numbers_of_numpy_are_numbers():
    assert line(station(buffer=np.int64(3), scrap=np.float32(0.5))).station("S2").buffer == 3


def test_the_tables_given_are_not_changed():
    tables = {
        "source": {"mode": "saturated"},
        "station": [station(machines=1, machine=[{"process": {"time": {"mean": "3 s"}}}])],
    }
    before = copy.deepcopy(tables)
    read_line(tables)
    assert tables == before


def test_tables_can_be_changed_and_read_again():
    tables, folder = read_tables("reference")
    tables["station"][1]["buffer"] = 7
    assert read_line(tables, folder).stations[1].buffer == 7


# Lines that were built in Python


def test_a_line_that_was_changed_in_python_is_checked_too(example):
    check_line(example)
    with pytest.raises(RuleError) as caught:
        check_line(replace(example, pace="S3"))
    assert caught.value.path == ("line", "pace")


@pytest.mark.parametrize("name", USUAL)
def test_usual_units_mean_what_pint_says(name: str) -> None:
    ours, theirs = USUAL[name], by_pint(name)
    assert (ours.dimension, ours.offset) == (theirs.dimension, theirs.offset)
    assert ours.scale == pytest.approx(theirs.scale, rel=1e-15)


def test_a_dimension_does_not_depend_on_how_the_unit_is_written() -> None:
    assert len({unit(name).dimension for name in ("N*m/s", "m*N/s", "J/s", "kWh/h", "kg*m^2/s^3", "W")}) == 1
