"""Where the energy of a good part goes: in balance with the KPIs, and as a table of 80 columns."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from plants import (
    HOUR,
    KWH,
    POWER,
    by_hand,
    constant,
    full_plant_trace,
    own_stops_trace,
    pair_trace,
    plant_trace,
    timed,
)

from scenarios.energy_table import energy_table
from scenarios.tables import console
from twin.kpi import kpis
from twin.line import Line, Price, Station, Tariff
from twin.segments import STATES
from twin.split import energy_split


def lines_of(table):
    out = console()
    out.width = 80
    with out.capture() as capture:
        out.print(table)
    return capture.get().splitlines()


@pytest.mark.parametrize(
    "make",
    [plant_trace, own_stops_trace, pair_trace, pytest.param(full_plant_trace, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("record", ["all", "kpis"])
def test_it_adds_up_to_the_kpis_in_every_replication(make, record):
    trace = make(record)
    found, split = kpis(trace), energy_split(trace)
    assert split is not None
    good = found["good"].values
    np.testing.assert_allclose(split.energy.total(), found["energy_per_good_part"].values, rtol=1e-12)
    for name, amount in (("energy_cost", split.cost), ("co2", split.co2)):
        assert (amount is None) == (found[name] is None)
        if amount is not None:
            np.testing.assert_allclose(amount.total(), found[name].values / good, rtol=1e-12)
    own = split.energy.of_stations() + 0.0
    for m, station in enumerate(split.stations):
        np.testing.assert_allclose(own[m], found.stations[station]["energy"].values / good, rtol=1e-12)
    said = split.to_json()
    assert said is not None
    entries = [entry for each in said["stations"].values() for states in each.values() for entry in states.values()]
    for name, whole in said["total"].items():
        if whole is not None:
            assert sum(e[name] for e in [*entries, *said["base_load"].values()]) == pytest.approx(whole, rel=1e-11)


def press(**changes: Any) -> Line:
    power = {"electricity": {"processing": 6e3, "starved": 1e3}, "gas": {"processing": 3e3}}
    tariff = Tariff(energy=(Price(0.0, 0.2 / KWH),), price={"gas": 0.05 / KWH}, co2={"electricity": 0.4 / KWH})
    parts: dict[str, Any] = {"stations": (Station("press", timed(constant(60.0)), power=power),), "tariff": tariff}
    everything: dict[str, Any] = parts | {"base_load": {"electricity": 500.0}} | changes
    return Line("l", **everything)


def test_by_hand():
    """Ten good parts in 1,000 s: 600 s of processing, 400 s without parts; gas has no figure of CO2."""
    split = energy_split(by_hand(press(), {"press": {"processing": 600.0}}, window=(0, 1000), good=[10]))
    assert split is not None
    said = split.to_json()
    assert said is not None
    assert said["units"] == {"energy": "kWh", "cost": "EUR", "co2": "kg"}
    electric, gas = said["stations"]["press"]["electricity"], said["stations"]["press"]["gas"]
    assert set(electric) == {"processing", "starved"}
    assert electric["processing"] == {"energy": pytest.approx(0.1), "cost": pytest.approx(0.02), "co2": None}
    assert electric["starved"]["energy"] == pytest.approx(0.1 / 9)
    assert gas == {"processing": {"energy": pytest.approx(0.05), "cost": pytest.approx(0.0025), "co2": None}}
    base = {"energy": pytest.approx(0.05 / 3.6), "cost": pytest.approx(0.01 / 3.6), "co2": None}
    assert said["base_load"] == {"electricity": base}
    assert split.amounts.keys() == {"energy", "cost"}


def test_without_power_or_without_a_good_part_there_is_none():
    unknown = by_hand(press(stations=(Station("press", timed(constant(60.0))),), base_load={}), {}, window=(0, 1000))
    assert energy_split(unknown) is None
    assert energy_table(None, ["press"]) is None
    nothing = energy_split(by_hand(press(), {"press": {"processing": 600.0}}, window=(0, 1000), good=[0]))
    assert nothing is not None
    assert nothing.to_json() is None
    assert energy_table(nothing, ["press"]) is None


def test_the_table_by_hand():
    split = energy_split(by_hand(press(), {"press": {"processing": 600.0}}, window=(0, 1000), good=[10]))
    shown = lines_of(energy_table(split, ["press"]))
    assert shown[0].rstrip() == "Energy per good part, Wh, by station and state; what it costs and emits"
    assert shown[1].split() == ["process-", "of", "it"]
    assert shown[2].split() == ["station", "ing", "idle", "all", "gas", "EUR"]
    rows = [row.split() for row in shown[4:]]
    assert rows == [
        ["press", "150.0", "11.1", "161.1", "50.0", "0.02472"],
        ["base", "load", "-", "-", "13.9", "-", "0.00278"],
        ["line", "150.0", "11.1", "175.0", "50.0", "0.02750"],
    ]


def test_the_table_keeps_to_80_columns_with_long_names_and_all_states():
    """Numbers are never broken, names are; what is not shown of the stations stands in one row."""
    every = {"electricity": dict.fromkeys(STATES, 3e3) | POWER, "gas": dict.fromkeys(STATES, 2e3)}
    names = ["the first press of the hall", "the second press of the hall", "trim"]
    line = press(stations=tuple(Station(name, timed(constant(60.0)), power=every) for name in names))
    line = replace(line, tariff=replace(line.tariff, co2={"electricity": 1.4 / KWH, "gas": 0.2 / KWH}))
    times: dict[str, float] = dict.fromkeys(STATES, HOUR / 5)
    split = energy_split(by_hand(line, dict.fromkeys(names, times), window=(0, 3 * HOUR), good=[3]))
    assert split is not None
    shown = lines_of(energy_table(split, names[:2]))
    assert max(map(len, shown)) <= 80
    heads = " ".join(shown[1:3]).split()
    words = "process- closed, station ing idle set-up stops standby all EUR kg CO2"
    assert heads == words.split()
    numbers = [row.split()[-8:] for row in shown if re.search(r"( +[-\d.]+){8} *$", row)]
    assert len(numbers) == 5
    assert float(numbers[-1][5]) == pytest.approx(float(split.energy.total()[0]), rel=1e-3)
    assert any(row.startswith("other") for row in shown)
    assert not any(row.startswith("trim") for row in shown)
