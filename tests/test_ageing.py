"""Tools of random age at t = 0: which condition, whose draw, and that no tool change of the first hours is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import twin
from twin.line import Line, Process, Station
from twin.physics import Casting, Machining, Manual
from twin.plan import plan
from twin.spec import json_schema, read_line
from twin.start import initial, keys_of

MILL = Station("mill", Process("machining", behaviour=Machining()), machines=3, buffer=5)
FEED = Station("feed", Process("manual", behaviour=Manual(standard=20.0)))
LINE = Line("mills", (FEED, MILL))


def conditions(line: Line, replications: int, seed: int = 0, values: Any = None) -> dict[str, np.ndarray]:
    """Condition of the mills before their first visit [machine, replication]."""
    made = plan(line, values)
    group = [cls for cls, _ in made.shape.families].index(Machining)
    found = initial(made, keys_of(made.shape, seed, replications), replications)["condition"][group]
    return {name: np.asarray(value)[0] for name, value in found.items()}


def renewed(line: Line) -> Line:
    """The same line with new tools at t = 0."""
    new = tuple(replace(s, process=replace(s.process, ages="new")) for s in line.stations)
    return replace(line, stations=new)


def test_tools_are_anywhere_between_two_changes() -> None:
    found = conditions(LINE, 4000)
    count = found["count"]
    assert count.shape == (3, 4000)
    assert set(np.unique(count)) == set(range(120))
    assert count.mean() == pytest.approx(59.5, abs=4 * 34.6 / np.sqrt(count.size))
    assert (count**2).mean() == pytest.approx(np.mean(np.arange(120) ** 2), rel=0.05)
    each = Machining().worn_by_a_part({name: knob.value for name, knob in Machining.setpoints.items()})  # type: ignore[misc]
    np.testing.assert_allclose(found["wear"], count * float(each), rtol=1e-12)
    assert abs(np.corrcoef(count)[0, 1:]).max() < 0.06  # machines are independent of each other


def test_fast_drills_are_changed_by_wear_and_found_before_it() -> None:
    found = conditions(LINE, 500, values={"mill.drill_speed": 200 / 60})
    assert found["count"].max() == 90  # the 91st part wears them out
    assert 0.95 < found["wear"].max() < 1


def test_new_tools_and_machines_at_rest() -> None:
    for value in conditions(renewed(LINE), 5).values():
        assert (value == 0).all()
    cell = Line("cell", (Station("cast", Process("die_casting", behaviour=Casting())),))
    made = plan(cell)
    assert not made.shape.aged
    assert "wear" not in keys_of(made.shape, 0, 2)


def test_an_age_belongs_to_its_station_machine_and_replication() -> None:
    few, many = conditions(LINE, 3), conditions(LINE, 7)
    longer = replace(LINE, stations=(FEED, replace(FEED, name="second"), replace(MILL, machines=5)))
    wider = conditions(longer, 3)
    for name, value in few.items():
        np.testing.assert_array_equal(value, many[name][:, :3])
        np.testing.assert_array_equal(value, wider[name][:3])
    assert (conditions(LINE, 3, seed=1)["count"] != few["count"]).any()
    renamed = replace(LINE, stations=(FEED, replace(MILL, name="other")))
    assert (conditions(renamed, 3)["count"] != few["count"]).any()


def test_every_hour_has_its_tool_changes_from_the_first_on() -> None:
    """Three mills at 160 s change tools every 120 parts: 3 x 3600 / (120 x 160 + 240) per hour, or none if new."""
    rate = 3 / (120 * 160 + 240)
    for line, expected in ((LINE, 2 * 3600 * rate), (renewed(LINE), 0.0)):
        run = twin.simulate(line, horizon=2 * 3600.0, replications=200, record="kpis")
        share = twin.kpis(run).stations["mill"].states["maintenance"].value or 0.0
        assert share * 3 * 2 * 3600.0 / 240.0 == pytest.approx(expected, rel=0.12)


def test_the_first_span_ends_when_its_count_is_full() -> None:
    one = replace(LINE, stations=(FEED, replace(MILL, machines=1)))
    begun = int(conditions(one, 1)["count"][0, 0])
    visits = twin.simulate(one, parts=130).visits
    starts = np.sort(visits["start"][visits["station"] == 1])
    gaps = np.flatnonzero(np.diff(starts[:125]) > 160 + 200)
    assert gaps[0] == 120 - begun - 1


def test_ages_stand_in_the_process_of_a_line_file() -> None:
    text = '[source]\nmode = "saturated"\n[[station]]\nname = "mill"\nprocess = { model = "machining"%s }\n'
    assert read_line(text % "").stations[0].process.ages == "stationary"
    assert read_line(text % ', ages = "new"').stations[0].process.ages == "new"
    assert '"ages"' in str(json_schema()).replace("'", '"')
