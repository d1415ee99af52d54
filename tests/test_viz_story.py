"""What is to be seen is what the trace says: places of parts, states of machines, at any time."""

import dataclasses

import numpy as np
import pytest
from random_lines import FEATURES, random_line
from shown import LINE, story, trace

import twin
from twin import schema_view
from twin.segments import STATES
from twin.store import line_hash
from viz.handling import SPEED
from viz.layout import GAP, lay_out
from viz.looks import LOOKS
from viz.motion import MOST
from viz.story import story_of

TIMES = np.random.default_rng(7).uniform(0, 7200, 200)


def places_of(time):
    """Part -> its place along the path, to its left, up."""
    rows, places = story().tracks.at(time)
    return dict(zip(story().tracks.part[rows].tolist(), places, strict=True))


def test_states_of_all_machines_are_those_of_the_trace():
    for time in TIMES:
        wanted = [machine.state for station in trace().state_at(time, 1).stations for machine in station.machines]
        assert [STATES[state] for state in story().at(time).states] == wanted


def test_every_part_of_the_line_is_shown_and_nothing_else_but_what_has_just_left():
    gone = story().visits["depart"]
    for time in TIMES:
        line = trace().state_at(time, 1)
        there = {p.number for s in line.stations for p in (*s.waiting, *s.coming)}
        there |= {p.number for s in line.stations for machine in s.machines for p in machine.parts}
        seen = set(places_of(time))
        assert there <= seen
        left = {p: gone[story().visits["part"] == p].max() for p in seen - there}
        assert all(time - 20 < moment <= time for moment in left.values()), left


def test_parts_are_where_the_trace_says_as_soon_as_they_are_handled():
    checked = dict.fromkeys(("worked", "waiting", "coming", "tunnel"), 0)
    visits = story().visits
    for time in TIMES:
        places, line = places_of(time), trace().state_at(time, 1)
        for m, (station, bay) in enumerate(zip(line.stations, story().layout.bays, strict=True)):
            before = story().layout.bays[m - 1] if m else None
            for k, machine in enumerate(station.machines):
                for part in machine.parts:
                    row = np.flatnonzero((visits["part"] == part.number) & (visits["station"] == m))[0]
                    start, finish = visits["start"][row], visits["finish"][row]
                    if bay.places:
                        if time > start + 1:
                            checked["tunnel"] += 1
                            assert bay.begin - 1e-6 <= places[part.number][0] <= bay.end + 1e-6
                    elif time >= start + MOST * (finish - start):
                        checked["worked"] += 1
                        np.testing.assert_allclose(places[part.number], bay.spot(np.array(k)), atol=5e-3)
            starts = visits["start"][visits["station"] == m]
            quiet = not ((starts > time - 4) & (starts <= time)).any()
            for ahead, part in enumerate(station.waiting):
                row = np.flatnonzero((visits["part"] == part.number) & (visits["station"] == m))[0]
                since = time - visits["arrive"][row]
                if bay.racked and since > 8 and visits["start"][row] > visits["arrive"][row] + 8:
                    checked["waiting"] += 1
                    assert any(np.allclose(places[part.number], bay.cell(np.array(c)), atol=5e-3) for c in range(24))
                elif not bay.racked and quiet and visits["arrive"][row] > visits["left"][row]:
                    checked["waiting"] += 1
                    assert abs(places[part.number][0] - (bay.head - GAP * ahead)) < 5e-3
            for part in station.coming:
                checked["coming"] += 1
                assert before is not None
                assert before.begin - 1e-6 <= places[part.number][0] <= bay.head + 1e-6
    assert min(checked.values()) > 20, checked


def test_parts_never_overlap():
    for time in TIMES:
        points = story().at(time).places
        apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9 * np.eye(len(points))
        assert apart.min() > 0.28, (time, apart.min())  # a part is 0.30 m wide


def test_parts_never_teleport():
    """Between two pictures of a film nobody moves further than fast handling would take it."""
    before = places_of(1000.0)
    for time in np.arange(1000.04, 1400.0, 0.04):
        now = places_of(float(time))
        for part in now.keys() & before.keys():
            assert np.linalg.norm(now[part] - before[part]) < 4 * SPEED * 0.04
        before = now


@pytest.mark.parametrize("buffer", [0, 3])
def test_a_line_much_quicker_than_handling_is_handled_as_much_quicker(buffer):
    text = f"""
    schema = 1
    [source]
    mode = "saturated"
    [[station]]
    name = "S1"
    process = {{ model = "timed", time = {{ distribution = "constant", mean = "0.5 s" }} }}
    [[station]]
    name = "S2"
    buffer = {buffer}
    process = {{ model = "timed", time = {{ distribution = "gamma", mean = "0.5 s", cv = 0.2 }} }}
    """
    quick = story_of(twin.simulate(twin.read_line(text), horizon=60.0, seed=1))
    for time in np.linspace(5, 60, 50):
        points = quick.at(float(time)).places
        apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9 * np.eye(len(points))
        assert apart.min() > 0.28


@pytest.mark.parametrize("seed", [3, 11, *(pytest.param(k, marks=pytest.mark.slow) for k in range(20, 40))])
def test_any_line_is_told_as_it_runs(seed):
    random = np.random.default_rng(seed)
    features = set(random.choice(FEATURES, int(random.integers(2, 8)), replace=False).tolist())
    found = twin.simulate(random_line(seed, features), horizon=400.0, seed=seed)
    told = story_of(found)
    close = total = 0
    for time in np.linspace(1, 399, 40):
        frame, line = told.at(float(time)), found.state_at(float(time))
        assert [STATES[s] for s in frame.states] == [one.state for s in line.stations for one in s.machines]
        there = {p.number for s in line.stations for p in (*s.waiting, *s.coming)}
        there |= {p.number for s in line.stations for one in s.machines for p in one.parts}
        assert there <= set(told.tracks.part[frame.parts].tolist())
        assert np.isfinite(frame.places).all()
        apart = np.linalg.norm(frame.places[:, None] - frame.places[None], axis=-1)
        close, total = close + int((apart < 0.25).sum() - len(apart)) // 2, total + len(apart)
    if "conveyor" not in features:  # a random one may be too short for parts that enter in quick succession
        assert close <= 0.005 * total


def test_parts_change_their_looks_and_are_coloured_by_product():
    frame = story().at(5000.0)
    assert set(frame.looks) >= {0, 2} or set(frame.looks) >= {0, 1}
    products = story().product[frame.parts]
    assert set(products.tolist()) == {0, 1}


def test_orders_wait_outside_in_a_rack_without_end():
    text = LINE.replace('mode = "saturated"', 'mode = "interval"\ntime = { distribution = "constant", mean = "20 s" }')
    found = twin.simulate(twin.read_line(text), horizon=3600.0, seed=1)
    told = story_of(found)
    line = found.state_at(3500.0)
    outside = [part.number for part in line.stations[0].waiting]
    assert len(outside) > 40
    rows, places = told.tracks.at(3500.0)
    places = dict(zip(told.tracks.part[rows].tolist(), places, strict=True))
    cells = {tuple(np.round(places[part], 3)) for part in outside}
    assert len(cells) == len(outside)


def test_series_and_gauges_agree_with_the_run():
    told, figures = story(), twin.kpis(trace())
    finished = next(g for g in told.gauges if g.title == "Finished").values[-1]
    assert finished == figures["throughput"].values[1] * 2  # per hour, in two hours
    assert np.nanmax(told.series["utilisation"].values) <= 100 + 1e-9
    power = next(g for g in told.gauges if g.title == "Line power").values
    assert np.nanmean(power) * 2 == pytest.approx(figures["energy"].values[1], rel=0.02)
    assert sum(sum(row.values()) for row in told.energy.values()) == pytest.approx(
        figures["energy"].values[1], rel=1e-6
    )


def test_a_story_needs_visits_from_the_beginning():
    with pytest.raises(ValueError, match="kept no visits"):
        story_of(twin.simulate(twin.load_line("reference"), parts=20, record="kpis"))
    with pytest.raises(ValueError, match="some stations"):
        story_of(twin.simulate(twin.load_line("reference"), parts=20, record=["S1"]))
    with pytest.raises(ValueError, match="replication is 5"):
        story_of(trace(), 5)
    with pytest.raises(ValueError, match="must lie in the run"):
        story().at(7201.0)


class TestLayout:
    @pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 30, 100])
    def test_no_machine_stands_in_another(self, count):
        line = twin.read_line(LINE)
        stations = [dataclasses.replace(line.stations[k % 5], name=f"S{k}") for k in range(count)]
        layout = lay_out(dataclasses.replace(line, stations=tuple(stations)))
        from viz.scene import scene_of

        boxes = [one.box for one in scene_of(layout).machines]
        for i, (low, high) in enumerate(boxes):
            for other_low, other_high in boxes[:i]:
                apart = (low[:2] >= other_high[:2] - 1e-9) | (other_low[:2] >= high[:2] - 1e-9)
                assert apart.any(), i
        width, depth = np.ptp(layout.path.points, axis=0)
        assert count <= 3 or width < 12 * max(depth, 4)

    def test_places_of_the_line_file_are_kept(self):
        text = LINE.replace(
            'name = "Mill"', 'name = "Mill"\nview = { at = ["3 m", "9 m"], turn = "90 deg", look = "robot" }'
        )
        layout = lay_out(twin.read_line(text))
        bay = layout.bays[1]
        middle = layout.path.at(np.array([(bay.begin + bay.end) / 2]), np.zeros(1), np.zeros(1))[0]
        np.testing.assert_allclose(middle[:2], [3, 9], atol=0.15)
        assert bay.kind == "robot"

    def test_the_hash_of_a_line_does_not_depend_on_its_looks(self):
        plain = twin.read_line(LINE)
        shown = twin.read_line(LINE.replace('name = "Mill"', 'name = "Mill"\nview = { look = "press" }'))
        assert line_hash(plain) == line_hash(shown)


def test_the_looks_that_a_line_file_may_name_are_those_there_are():
    assert set(LOOKS) == set(schema_view.LOOKS)
