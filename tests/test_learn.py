"""Lines learned from logs of lines that are known: numbers, limits, what is not known, and the line file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from event_logs import FOUR, SHIFT, example, line_of, line_text, lognormal, rows_of, station, there, written

from twin.draws import draws_text
from twin.learn.learn import learn_file
from twin.learn.linefile import line_file
from twin.learn.model import read_model, visit_model
from twin.learn.report import as_dict, report
from twin.learn.settings import Settings
from twin.parameters import numbers_of
from twin.spec import load_line

FEW = Settings(draws=60)
PRODUCTS = '[[product]]\nname = "A"\nshare = 0.5\n[[product]]\nname = "B"\nshare = 0.5'
PAIRS = line_text(
    station("press", lognormal(30, 0.1), 'setup = { default = "0 s", "A>B" = "120 s", "B>A" = "300 s" }')
    + station("weld", 'distribution = "constant", mean = "40 s"', 'buffer = 2\ntransport = "7 s"')
    + station("paint", 'distribution = "exponential", mean = "20 s"', 'buffer = 5\ntransport = "3 s"'),
    more=PRODUCTS,
)
JAM = (
    'failure = [{ name = "jam", clock = "operating", interrupted = "kept", '
    'up = { distribution = "exponential", mean = "40 min" }, '
    'down = { distribution = "lognormal", mean = "12 min", cv = 0.5 } }]'
)


def learned(text, folder, *, hours, settings=FEW, **columns):
    """What is learned from a log of a line, and the line."""
    line = line_of(text, folder)
    path = written(line, folder / "visits.csv", hours=hours)
    return learn_file(path, settings=settings, columns=columns), line


@pytest.fixture(scope="module")
def example_found(tmp_path_factory):
    """Three days of a line with all that a log may show, without wrong rows."""
    return learned(FOUR, tmp_path_factory.mktemp("example"), hours=72)


@pytest.fixture(scope="module")
def pairs_found(tmp_path_factory):
    """A day of a saturated line with setups by pair."""
    return learned(PAIRS, tmp_path_factory.mktemp("pairs"), hours=24)


class TestExample:
    """Four stations, two products, shifts with breaks: what the log shows is found as it is."""

    def test_what_has_no_interval_is_exact(self, example_found):
        found, line = example_found
        assert found.line is not None
        assert found.route.stations == ("saw", "mill", "wash", "test")
        assert [one.machines for one in there(found.line).stations] == [1, 2, 1, 1]
        assert there(found.line).shifts == line.shifts
        assert found.line.start == line.start
        assert found.line.source.mode == "interval"
        assert found.notes == ()
        for name, one in found.stations.items():
            assert one.transport == pytest.approx(line.station(name).transport, abs=0.002)
        assert found.stations["saw"].setup.default == pytest.approx(9, abs=0.002)
        assert [name for name, one in found.stations.items() if one.setup] == ["saw"]
        assert found.stations["saw"].setup.n > 500

    def test_places_are_never_more_than_there_are_and_right_where_said_to_be_known(self, example_found):
        found, line = example_found
        assert found.stations["saw"].places is None
        for name in ("mill", "wash", "test"):
            places = found.stations[name].places
            assert places.least <= line.station(name).buffer
            if places.known:
                assert places.least == line.station(name).buffer
        assert found.stations["test"].places.known
        assert any("waiting places there are in front of wash" in text for text in found.cannot_tell)

    def test_products_have_their_own_families(self, example_found):
        found, _ = example_found
        families = {name: {one.law.family for one in facts.times.values()} for name, facts in found.stations.items()}
        assert families == {"saw": {"lognormal"}, "mill": {"gamma"}, "wash": {"weibull"}, "test": {"lognormal"}}
        assert {tuple(sorted(facts.times)) for facts in found.stations.values()} == {("A", "B")}

    def test_means_and_spreads_are_near(self, example_found):
        found, line = example_found
        for truth in line.stations:
            for product, times in found.stations[truth.name].times.items():
                law = truth.process.product.get(product, truth.process.time)
                spread = np.std([one.mean for one in times.draws])
                assert abs(times.law.mean - law.mean) < 3.5 * spread
                usual = 0.3 * law.mean * (times.overdispersion / times.n) ** 0.5  # true spreads are 0.15 to 0.52
                assert 0.4 < spread / usual < 2

    def test_scrap_rework_and_shares(self, example_found):
        found, _ = example_found
        saw, test = found.stations["saw"], found.stations["test"]
        assert saw.scrap.value == pytest.approx(0.03, abs=0.012)
        assert saw.rework is None
        assert test.rework.value == pytest.approx(0.06, abs=0.02)
        assert (test.attempts, test.scrap) == (2, None)
        assert found.stations["mill"].scrap is None
        assert found.intervals["product.A.share"].value == pytest.approx(0.6, abs=0.04)
        assert found.intervals["source.time.mean"].value == pytest.approx(60, rel=0.06)

    def test_every_number_has_an_interval_around_it(self, example_found):
        found, line = example_found
        held = []
        for path, one in found.intervals.items():
            assert one.low <= one.value + 1e-9
            assert one.value <= one.high + 1e-9
            truth = numbers_of(line).get(path)
            if truth is not None and one.high > one.low:
                held.append(one.low <= truth <= one.high)
        assert len(held) >= 15
        assert np.mean(held) >= 0.7

    def test_visits_across_a_break_are_counted_and_left_out(self, example_found):
        found, _ = example_found
        for facts in found.stations.values():
            assert 0 < facts.across < 30
            assert facts.visits == facts.across + sum(one.n for one in facts.times.values()) + facts.too_short + (
                facts.too_long + (found.log.attempts[found.log.station.where(facts.name)] > 1).sum()
            )

    def test_the_report_has_every_station_and_number_in_eighty_columns(self, example_found):
        found, _ = example_found
        text = report(found)
        assert max(map(len, text.splitlines())) <= 80
        for word in ("saw", "mill", "wash", "test", "Mon, Tue, Wed, Thu, Fri 06:00 to 14:00", "mill.process.time.mean"):
            assert word in text
        plain = as_dict(found)
        assert plain["visits"] == {"read": len(found.log), "kept": len(found.log)}
        assert plain["stations"]["saw"]["setup"]["default"] == pytest.approx(9, abs=0.002)


class TestSaturated:
    def test_a_source_without_end_is_seen_through_setups(self, pairs_found):
        found, _ = pairs_found
        assert found.saturated
        assert found.line.source.mode == "saturated"

    def test_setups_by_pair(self, pairs_found):
        setup = pairs_found[0].stations["press"].setup
        assert setup.default is None
        assert setup.changes == {("A", "B"): pytest.approx(120, abs=0.01), ("B", "A"): pytest.approx(300, abs=0.01)}
        assert pairs_found[0].line.station("press").setup.changes[("B", "A")] == pytest.approx(300, abs=0.01)

    def test_products_that_are_alike_are_taken_together(self, pairs_found):
        assert {tuple(facts.times) for facts in pairs_found[0].stations.values()} == {("",)}

    def test_a_constant_time_is_one(self, pairs_found):
        law = pairs_found[0].line.station("weld").process.time
        assert law.family == "constant"
        assert law.mean == pytest.approx(40, abs=0.002)

    def test_full_places_are_known(self, tmp_path):
        text = line_text(station("a", lognormal(20, 0.3)) + station("b", lognormal(30, 0.3), "buffer = 2"))
        found, _ = learned(text, tmp_path, hours=8)
        places = there(found.stations["b"].places)
        assert (places.least, places.known) == (2, True)
        assert there(found.line).station("b").buffer == 2

    @pytest.mark.parametrize("mean", [20, 40])
    def test_without_arrivals_the_order_of_events_still_tells(self, mean, tmp_path):
        text = line_text(
            station("a", lognormal(25, 0.3)) + station("b", lognormal(30, 0.3), "buffer = 3"),
            f'mode = "interval"\ntime = {{ {lognormal(mean, 0.5)} }}',
        )
        found, _ = learned(text, tmp_path, hours=8, scheduled="")
        assert found.saturated == (mean == 20)
        assert found.waits is None
        assert any("arrivals are not logged" in text for text in found.cannot_tell)


class TestStops:
    def test_visits_that_took_far_longer_are_stops(self, tmp_path):
        found, _ = learned(line_text(station("mill", lognormal(30, 0.1), JAM)), tmp_path, hours=72)
        facts = found.stations["mill"]
        assert facts.times[""].law.mean == pytest.approx(30, rel=0.01)
        assert there(facts.stops).count == facts.too_long
        up = found.intervals["mill.failure.stop.up.mean"]
        assert up.low < 2400 < up.high
        assert there(facts.stops).down.law.mean == pytest.approx(720, rel=0.15)
        assert there(found.line).shifts == ()

    def test_fewer_than_five_are_left_out_and_said(self, tmp_path):
        line = line_of(line_text(station("mill", lognormal(30, 0.1))), tmp_path)
        rows, late = [], 0.0
        for k, row in enumerate(rows_of(line, hours=4)):
            rows.append(
                replace(row, scheduled=row.scheduled + late, start=row.start + late, complete=row.complete + late)
            )
            if k in (100, 200):
                late += 600
                rows[-1] = replace(rows[-1], complete=rows[-1].complete + 600)
        example().write(tmp_path / "visits.csv", rows, line.start)
        found = learn_file(tmp_path / "visits.csv", settings=FEW)
        assert (found.stations["mill"].too_long, found.stations["mill"].stops) == (2, None)
        assert any("Why 2 visits at mill took far longer" in text for text in found.cannot_tell)
        assert there(found.line).stations[0].failures == ()


class TestFiles:
    @pytest.mark.parametrize("which", ["example_found", "pairs_found"])
    def test_the_line_file_gives_the_same_numbers_and_draws(self, which, request, tmp_path):
        found, _ = request.getfixturevalue(which)
        (tmp_path / "line.draws.csv").write_text(draws_text(found.draws), encoding="utf-8")
        text = line_file(found, name="a \"line\" of 'ours'", command="linetwin calibrate", draws="line.draws.csv")
        (tmp_path / "line.toml").write_text(text, encoding="utf-8")
        line = load_line(tmp_path / "line.toml")
        assert line.name == "a \"line\" of 'ours'"
        assert numbers_of(line) == pytest.approx(numbers_of(found.line), rel=1e-5)
        assert there(line.draws).paths == found.draws.paths
        np.testing.assert_allclose(there(line.draws).values, found.draws.values, rtol=1e-7)
        for mine, theirs in zip(line.stations, there(found.line).stations, strict=True):
            assert (mine.machines, mine.buffer) == (theirs.machines, theirs.buffer)
            assert (mine.rework and mine.rework.max_attempts) == (theirs.rework and theirs.rework.max_attempts)
        assert (line.shifts, line.start, line.source.mode) == (
            there(found.line).shifts,
            found.line.start,
            found.line.source.mode,
        )
        assert max(map(len, (row for row in text.splitlines() if row.startswith("#")))) <= 400

    def test_night_shifts_come_back(self, tmp_path):
        night = (
            SHIFT.replace('"06:00"', '"22:00"')
            .replace('"14:00"', '"06:00"')
            .replace('"09:00-09:15", "11:30-12:00"', '"01:30-02:00"')
        )
        text = line_text(station("mill", lognormal(10, 0.3)), more=night)
        found, line = learned(text, tmp_path, hours=60, settings=Settings(draws=2))
        assert there(found.line).shifts == line.shifts
        (tmp_path / "line.toml").write_text(line_file(found, name="night"), encoding="utf-8")
        assert load_line(tmp_path / "line.toml").shifts == line.shifts

    def test_the_model_of_visit_times_comes_back(self, example_found, tmp_path):
        found, _ = example_found
        model = visit_model(found)
        (tmp_path / "times.json").write_text(model.to_json(), encoding="utf-8")
        back = read_model(tmp_path / "times.json")
        assert back.to_json() == model.to_json()
        assert (back.log, back.days, back.planned, back.last_day) == (
            model.log,
            model.days,
            model.planned,
            model.last_day,
        )
        keys = [found.log.station, found.log.activity, found.log.product]
        np.testing.assert_allclose(
            back.times.ranks(keys, found.log.time), found.times.ranks(keys, found.log.time), atol=1e-4
        )

    def test_of_a_job_shop_there_is_a_model_and_no_line(self, tmp_path):
        stations = np.array(["a", "b", "c", "d"])
        rng = np.random.default_rng(0)
        lines, now = ["case,station,start,complete"], 0.0
        for k in range(60):
            for name in rng.permutation(stations):
                time = rng.lognormal(3, 0.2)
                lines.append(f"P{k},{name},{now:.3f},{now + time:.3f}")
                now += time + 1
        (tmp_path / "visits.csv").write_text("\n".join(lines) + "\n")
        found = learn_file(tmp_path / "visits.csv", settings=FEW)
        assert found.line is None
        assert found.intervals == {}
        assert any(text.startswith("How the stations hinder each other") for text in found.cannot_tell)
        with pytest.raises(ValueError, match="no serial line"):
            line_file(found, name="x")
        assert found.times.quantile(("a",), 0.5) == pytest.approx(np.exp(3), rel=0.1)
        assert "no serial line" in report(found)


class TestRepeatable:
    def test_the_seed_decides_the_draws_and_nothing_else(self, tmp_path):
        line = line_of(line_text(station("mill", lognormal(30, 0.2))), tmp_path)
        path = written(line, tmp_path / "visits.csv", hours=4)
        one, two, other = (learn_file(path, settings=Settings(draws=20, seed=seed)) for seed in (1, 1, 2))
        assert one.draws == two.draws
        assert one.draws != other.draws
        assert numbers_of(there(one.line)) == numbers_of(there(other.line))

    def test_the_order_of_the_rows_does_not_matter(self, tmp_path):
        line = line_of(FOUR, tmp_path)
        rows = rows_of(line, hours=24)
        example().write(tmp_path / "sorted.csv", rows, line.start)
        example().write(
            tmp_path / "shuffled.csv", [rows[k] for k in np.random.default_rng(0).permutation(len(rows))], line.start
        )
        one, two = (learn_file(tmp_path / f"{name}.csv", settings=FEW) for name in ("sorted", "shuffled"))
        assert numbers_of(there(one.line)) == pytest.approx(numbers_of(there(two.line)), rel=1e-9)

    def test_no_draws_can_be_asked_for(self, tmp_path):
        line = line_of(line_text(station("mill", lognormal(30, 0.2))), tmp_path)
        found = learn_file(written(line, tmp_path / "visits.csv", hours=2), settings=Settings(draws=0))
        assert len(found.draws) == 0
        assert line_file(found, name="a").startswith("# Learned from visits.csv")


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_promise(tmp_path):
    line = line_of(
        line_text(
            station("saw", lognormal(34, 0.15), "scrap = 0.05") + station("mill", lognormal(38, 0.3), "buffer = 4"),
            'mode = "interval"\ntime = { distribution = "exponential", mean = "50 s" }',
        ),
        tmp_path,
    )
    truth, held = numbers_of(line), {}
    for place, rows in enumerate(example().visits(line, days=0.15, replications=60, seed=5)):
        example().write(tmp_path / "visits.csv", rows, line.start)
        found = learn_file(tmp_path / "visits.csv", settings=Settings(draws=100, seed=place))
        for path, one in found.intervals.items():
            if path in truth and one.high > one.low:
                held.setdefault(path, []).append(one.low <= truth[path] <= one.high)
    assert set(held) >= {"saw.process.time.mean", "mill.process.time.mean", "saw.scrap", "source.time.mean"}
    for path, several in held.items():
        assert np.mean(several) >= 0.8 if len(several) > 40 else True, path
    assert 0.85 <= np.mean(np.concatenate([np.array(several) for several in held.values()])) <= 0.97


TRIER = Path(__file__).parents[2] / "shared" / "data" / "trier_smart_factory_log"


@pytest.mark.skipif(not TRIER.is_dir(), reason="needs ../shared/data/trier_smart_factory_log")
def test_a_factory_with_returns_is_learned_as_a_model_of_visit_times(tmp_path):
    (path,) = sorted(TRIER.glob("*.csv.gz"))
    found = learn_file(path, settings=Settings(draws=2))
    assert 0.9 < len(found.log) / found.read <= 1
    assert not found.route.serial
    assert found.line is None
    ranks = found.times.ranks([found.log.station, found.log.activity, found.log.product], found.log.time)
    assert np.mean(np.abs(2 * ranks - 1) <= 0.9) == pytest.approx(0.9, abs=0.07)
    model = visit_model(found)
    assert set(model.planned) <= set(found.log.station.words)
