"""Does it hold? Models against days of a log that the same line made, or another one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import invoke
from event_logs import line_of, line_text, lognormal, station, there, written

from twin.calibrate.errors import LogError
from twin.distribution import Distribution
from twin.draws import draws_text
from twin.eventlog.visits import DAY, VisitLog, read_visits
from twin.eventlog.words import words_of
from twin.learn.calendar import ALWAYS, closures
from twin.learn.learn import learn
from twin.learn.linefile import line_file
from twin.learn.model import visit_model
from twin.learn.settings import Settings
from twin.line import Line, Shift
from twin.validation.days import Columns, completeness, day_figures
from twin.validation.ranks import LEVELS, coverage_of
from twin.validation.replay import lead_times, replayed_ranks
from twin.validation.report import as_dict, report
from twin.validation.validation import Validation, validate_line, validate_model
from twin.validation.visits import told_by_line, told_plainly

WEEK = 6
HOURS = 18 + 24 * 13  # from Monday at six to a midnight


def text(factor: float = 1.0, cv: float = 0.3) -> str:
    """A line of two stations that work two thirds of the time."""
    stations = station("saw", lognormal(60 * factor, cv))
    stations += station("mill", lognormal(66 * factor, cv), 'buffer = 3\ntransport = "5 s"')
    return line_text(stations, 'mode = "interval"\ntime = { distribution = "exponential", mean = "110 s" }')


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Logs of a fortnight: of the line, of a slower one, of one whose times vary less."""
    folder = tmp_path_factory.mktemp("logs")
    found = {}
    for seed, (name, made) in enumerate({"right": text(), "slow": text(1.15), "even": text(cv=0.15)}.items()):
        path = written(line_of(made, folder), folder / f"{name}.csv", hours=HOURS, seed=seed)
        found[name] = read_visits(path)
    return found


def split(log: VisitLog) -> tuple[VisitLog, VisitLog]:
    """The first week and the days after it."""
    late = log.day >= log.day.min() + WEEK
    return log.select(~late), log.select(late)


def with_draws(found) -> Line:
    return replace(found.line, draws=found.draws)


@pytest.fixture(scope="module")
def learned(logs):
    return {name: learn(split(log)[0], Settings(draws=40)) for name, log in logs.items() if name != "slow"}


@pytest.fixture(scope="module")
def right(learned, logs) -> Validation:
    return validate_line(with_draws(learned["right"]), split(logs["right"])[1], draws=20, seed=1)


class TestARightModelHolds:
    def test_the_line(self, right):
        assert right.verdict.headline == "The model holds on these days."
        assert right.coverage["the model"].n > 9000
        for level, held in zip(LEVELS, right.coverage["the model"].held, strict=True):
            assert held == pytest.approx(level, abs=0.03)
        assert right.lead_times.held[2] == pytest.approx(0.9, abs=0.05)
        assert all(one.fault == "" for one in right.by_station.values())
        assert not any(trend.drifts for trend in right.trends)
        assert right.unknown == {}

    def test_simulated_days_agree_with_the_log_that_the_line_made(self, right):
        simulation = right.simulation
        assert simulation.days.tolist() == sorted(set(simulation.days.tolist()))
        assert len(simulation.days) == 8
        for name, room in (
            ("throughput", 0.01),
            ("lead_time", 0.08),
            ("wip", 0.08),
            ("saw.processing", 0.05),
            ("mill.visit", 0.03),
        ):
            measured, drawn = simulation.measured[name], simulation.drawn[name]
            assert drawn.shape == (20, 8)
            np.testing.assert_allclose(drawn.mean(axis=0), measured, rtol=room)
        assert right.figures["mill.processing"].n == 8

    def test_the_model_of_visit_times(self, learned, logs):
        found = validate_model(visit_model(learned["right"]), split(logs["right"])[1])
        assert found.verdict.headline == "The model holds on these days."
        assert found.coverage["the model"].held[2] == pytest.approx(0.9, abs=0.03)
        assert found.figures == {}
        assert there(found.lead_times).fault == ""

    def test_the_report_and_the_plain_values(self, right):
        words = report(right)
        assert max(map(len, words.splitlines())) <= 80
        for part in ("VISIT TIMES BY STATION", "FIGURES OF DAYS", "The model holds on these days.", "mill"):
            assert part in words
        plain = as_dict(right)
        assert plain["verdict"]["headline"] == right.verdict.headline
        assert len(plain["figures"]["throughput"]["simulated"]) == 8
        assert plain["visit_times"]["the model"]["n"] == right.coverage["the model"].n

    def test_it_is_repeatable_by_its_seed(self, right, learned, logs):
        again = validate_line(with_draws(learned["right"]), split(logs["right"])[1], draws=20, seed=1)
        assert again.coverage == right.coverage
        assert again.lead_times == right.lead_times


class TestAWrongModelDoesNot:
    def test_times_that_became_longer(self, learned, logs):
        late = split(logs["slow"])[1]
        for found in (
            validate_line(with_draws(learned["right"]), late, draws=10),
            validate_model(visit_model(learned["right"]), late),
        ):
            assert found.coverage["the model"].fault == "too low"
            assert "does not hold for visit times" in found.verdict.headline
            assert {one.fault for one in found.by_station.values()} == {"too low"}
            assert any(
                "mill (it predicts too little), saw (it predicts too little)" in text for text in found.verdict.missing
            )
            assert not found.verdict.holds

    def test_intervals_that_are_half_as_wide(self, learned, logs):
        found = validate_model(visit_model(learned["even"]), split(logs["right"])[1])
        assert found.coverage["the model"].fault == "too narrow"
        assert "visit times" in found.verdict.headline
        assert any("its intervals are too narrow" in text for text in found.verdict.missing)

    def test_intervals_that_are_twice_as_wide(self, learned, logs):
        found = validate_model(visit_model(learned["right"]), split(logs["even"])[1])
        assert found.coverage["the model"].fault == "too wide"
        assert "wider than needed for visit times" in found.verdict.headline

    def test_a_station_that_slows_down_over_the_days_is_named(self, learned, logs):
        late = split(logs["right"])[1]
        factor = np.where(late.station.where("mill"), 1 + 0.015 * (late.day - late.day.min()), 1.0)
        found = validate_model(visit_model(learned["right"]), replace(late, complete=late.start + late.time * factor))
        drifting = [trend.name for trend in found.trends if trend.drifts]
        assert drifting == ["mill"]
        assert any("Visit times change over these days: mill by +" in text for text in found.verdict.missing)

    def test_stations_that_it_does_not_know_are_named(self, learned, logs):
        late = split(logs["right"])[1]
        renamed = replace(
            late, station=words_of([{"mill": "lathe"}.get(late.station[k], "saw") for k in range(len(late))])
        )
        for found in (
            validate_line(with_draws(learned["right"]), renamed, draws=10),
            validate_model(visit_model(learned["right"]), renamed),
        ):
            assert found.unknown == {"lathe": late.station.where("mill").sum()}
            assert "lathe: " in report(found)
            assert any(text.startswith("lathe: ") and "does not know" in text for text in found.verdict.missing)

    def test_a_log_of_another_line_is_refused(self, learned, logs):
        late = split(logs["right"])[1]
        other = replace(late, station=words_of(["oven"] * len(late)))
        with pytest.raises(LogError, match=r"right.csv: the log has visits at 'oven', and the line has 'mill', 'saw'"):
            validate_line(with_draws(learned["right"]), other, draws=10)


class TestFrom:
    def test_days_before_fill_the_line_and_are_not_judged(self, learned, logs, right):
        log = logs["right"]
        since = float(log.day.min() + WEEK) * DAY
        found = validate_line(with_draws(learned["right"]), log, since=since, draws=10)
        assert found.days.tolist() == right.days.tolist()
        assert found.visits[0] == pytest.approx(right.visits[0], abs=10)
        assert there(found.simulation).given == "when parts of which product came"
        assert len(there(found.simulation).measured["wip"]) == len(right.days)
        assert there(found.lead_times).fault == ""

    def test_no_day_left_is_said(self, learned, logs):
        with pytest.raises(LogError, match="no visit starts on the days that are to be judged"):
            validate_model(visit_model(learned["right"]), logs["right"], since=4e9)


class TestBaselines:
    @pytest.fixture
    def log(self, tmp_path):
        """Two days of ten visits each: 10 s on the first, 20 s on the second, planned 12 s."""
        cells = ["part,station,start,complete,planned_time"]
        for k in range(20):
            day, time = (5, 10 + k % 3) if k < 10 else (6, 20 + k % 3)
            cells.append(f"P{k},saw,2026-01-0{day} 08:{k:02d}:00,2026-01-0{day} 08:{k:02d}:{time:02d},12")
        (tmp_path / "visits.csv").write_text("\n".join(cells) + "\n")
        return read_visits(tmp_path / "visits.csv")

    def test_the_day_before_is_a_normal_distribution(self, log):
        told = told_plainly(log, np.ones(20, bool), None)
        times = log.time[:10]
        mean, sd = times.mean(), times.std(ddof=1)
        from scipy.stats import norm

        assert np.isnan(told["mean of the last day"].ranks[:10]).all()
        np.testing.assert_allclose(told["mean of the last day"].ranks[10:], norm.cdf(log.time[10:], mean, sd))
        np.testing.assert_allclose(told["mean of the last day"].widths[10:], 2 * 1.6448536 * sd, rtol=1e-6)
        planned = told["planned time"].ranks[10:]
        np.testing.assert_allclose(planned, norm.cdf(log.time[10:] - 12, (times - 12).mean(), (times - 12).std(ddof=1)))

    def test_a_rule_that_says_nothing_is_left_out(self, log):
        told = told_plainly(replace(log, planned=np.full(20, np.nan)), np.ones(20, bool), None)
        assert set(told) == {"mean of the last day"}

    def test_with_a_model_its_days_count(self, learned, logs):
        late = split(logs["right"])[1]
        found = validate_model(visit_model(learned["right"]), late)
        assert set(found.coverage) == {"the model", "mean of the last day"}
        assert found.coverage["mean of the last day"].n == found.coverage["the model"].n

    def test_what_a_line_tells_is_its_process(self, learned, logs):
        line = replace(learned["right"].line, draws=None)
        late = split(logs["right"])[1]
        told = told_by_line(line, late)
        law = line.station("saw").process.time
        own = late.station.where("saw")
        expected = ranks_in(law, late.time[own])
        np.testing.assert_allclose(told.ranks[own], expected, atol=0.002)


def ranks_in(law: Distribution, times: np.ndarray) -> np.ndarray:
    """Shares of a lognormal or gamma distribution below some times."""
    from scipy.stats import gamma, lognorm

    cv = law.numbers["cv"]
    if law.family == "gamma":
        return np.asarray(gamma.cdf(times, cv**-2, scale=law.mean * cv**2))
    s = np.sqrt(np.log(1 + cv**2))
    return np.asarray(lognorm.cdf(times, s, scale=law.mean * np.exp(-s * s / 2)))


class TestDays:
    def test_figures_of_a_day_by_hand(self):
        part, station_, start = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.0, 3600.0, 3600.0, 7200.0])
        columns = Columns(part, station_, start, start, start + 1800, np.ones(4, bool))
        found = day_figures(columns, np.array([0]), ALWAYS, {"a": 1, "b": 2})
        assert found["throughput"][0] == pytest.approx(2 / 24)
        assert found["lead_time"][0] == pytest.approx(5400)
        assert found["wip"][0] == pytest.approx(2 * 5400 / DAY)
        assert found["a.visit"][0] == 1800
        assert found["a.processing"][0] == pytest.approx(3600 / DAY)
        assert found["b.processing"][0] == pytest.approx(1800 / DAY)

    def test_planned_standstill_does_not_count(self):
        calendar = closures((Shift((0, 1, 2, 3, 4), 6 * 3600.0, 14 * 3600.0),), 4, 4)  # 1970-01-05, a Monday
        begin = 4 * DAY + 13.5 * 3600
        columns = Columns(
            np.zeros(1, int),
            np.zeros(1, int),
            np.array([begin]),
            np.array([begin]),
            np.array([begin + 3600]),
            np.ones(1, bool),
        )
        found = day_figures(columns, np.array([4]), calendar, {"a": 1})
        assert found["a.visit"][0] == pytest.approx(1800)
        assert found["wip"][0] == pytest.approx(0.5 / 8)
        assert found["throughput"][0] == pytest.approx(1 / 8)

    def test_rows_that_are_lost_are_counted(self, logs):
        late = split(logs["right"])[1]
        keep = ~(late.station.where("saw") & (np.random.default_rng(0).random(len(late)) < 0.2))
        shares = completeness(late.select(keep), ("saw", "mill"))
        assert shares[0] == pytest.approx(0.8, abs=0.02)
        assert shares[1] > 0.995


class TestReplay:
    def test_lead_times_by_hand(self, tmp_path):
        (tmp_path / "a.csv").write_text(
            "part,station,scheduled,start,complete\nP1,a,5,10,20\nP1,b,25,30,50\nP2,a,7,20,30\n"
        )
        cases, seconds, days = lead_times(read_visits(tmp_path / "a.csv"))
        assert (cases.tolist(), seconds.tolist(), days.tolist()) == ([0, 1], [45.0, 23.0], [0, 0])

    def test_ranks_are_even_where_parts_do_not_hinder_each_other(self, tmp_path):
        rng = np.random.default_rng(0)
        cells = ["part,station,scheduled,start,complete"]
        for k in range(600):
            now = 1000.0 * k
            for name in ("a", "b"):
                came = now + rng.lognormal(1, 0.3)
                begin = came + rng.lognormal(2, 0.5)
                now = begin + rng.lognormal(3, 0.2)
                cells.append(f"P{k},{name},{came:.3f},{begin:.3f},{now:.3f}")
        (tmp_path / "a.csv").write_text("\n".join(cells) + "\n")
        log = read_visits(tmp_path / "a.csv")
        first = np.array([int(log.case[k][1:]) < 300 for k in range(len(log))])
        model = visit_model(learn(log.select(first), Settings(draws=2)))
        ranks, days = replayed_ranks(model, log.select(~first))
        assert len(ranks) == 300
        found = coverage_of(ranks, days)
        assert found.fault == ""
        assert found.held[2] == pytest.approx(0.9, abs=0.05)
        assert found.mean == pytest.approx(0.5, abs=0.05)

    def test_parts_that_wait_longer_than_they_used_to_are_seen(self, learned, logs):
        late = split(logs["right"])[1]
        waited = replace(late, scheduled=np.where(late.station.where("saw"), late.scheduled - 400, late.scheduled))
        found = validate_model(visit_model(learned["right"]), waited)
        assert there(found.lead_times).fault == "too low"
        assert any("something makes them wait that the model does not have" in text for text in found.verdict.missing)


def test_the_command_line_says_the_same(learned, logs, right, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = learned["right"]
    Path("line.draws.csv").write_text(draws_text(found.draws))
    Path("line.toml").write_text(line_file(found, name="two", draws="line.draws.csv"))
    Path("times.json").write_text(visit_model(found).to_json())
    late = split(logs["right"])[1]
    clock = [
        np.datetime64(0, "ms") + np.round(column * 1000).astype("timedelta64[ms]")
        for column in (late.scheduled, late.start, late.complete)
    ]
    rows = [
        f"{late.case[k]},{late.station[k]},{','.join(str(column[k]) for column in clock)}" for k in range(len(late))
    ]
    Path("later.csv").write_text("\n".join(["part,station,scheduled,start,complete", *rows]) + "\n")
    shown = invoke(
        "validate", "line.toml", "later.csv", "--draws", "10", "--json", "out.json", "--times", "times.json"
    ).stdout
    assert "The model holds on these days." in shown
    plain = json.loads(Path("out.json").read_text())
    assert plain["visit_times"]["the model"]["n"] == right.coverage["the model"].n
    assert plain["visit_times"]["the model"]["held"] == pytest.approx(right.coverage["the model"].held, abs=0.01)
    shown = invoke("validate", "times.json", "later.csv", "--from", "2026-01-15", "--report", "out.txt").stdout
    assert "2026-01-15 to 2026-01-18, 4 days" in shown
    assert Path("out.txt").read_text() in shown
