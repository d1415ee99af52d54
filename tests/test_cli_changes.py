"""The command line: changes by `--set`, and lines made from logs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command_line import SMALL, invoke

from scenarios.capacity import capacities
from scenarios.changes import changed_line
from twin.calibrate import LogError, Redate, Settings
from twin.distribution import Distribution
from twin.spec import load_line, starter
from twin.store import line_hash


class TestSet:
    def changed(self, *changes, line="housing"):
        from scenarios.changes import parse_changes

        return changed_line(line, parse_changes("--set", changes))

    def test_every_kind_of_path(self):
        line = self.changed(
            "mill.failure.breakdown.up.mean=20 h",
            "mill.failure.0.down.mean=2 min",
            "cast.maintenance.duration=50 min",
            "cast.buffer=0",
            "trim.process.time={ distribution = 'exponential', mean = '20 s' }",
            "product.A.share=0.6",
            "product.1.share=0.4",
            "line.base_load.electricity=40 kW",
            "plan.takt=70 s",
            "shift.0.breaks=[]",
            "tariff.energy=0.2 EUR/kWh",
            'line.name="other"',
        ).line
        mill, cast, trim = (line.station(name) for name in ("mill", "cast", "trim"))
        assert next(f for f in mill.failures if f.name == "breakdown").up.mean == 72000
        assert mill.failures[0].down.mean == 120
        assert cast.maintenance[0].duration == 3000
        assert trim.process.time == Distribution("exponential", {"mean": 20.0})
        assert [product.share for product in line.products] == [0.6, 0.4]
        assert line.base_load["electricity"] == 40000
        assert line.takt == 70
        assert line.shifts[0].breaks == ()
        assert line.name == "other"

    def test_nothing_changed_is_the_same_line(self):
        assert self.changed().line == load_line("housing")
        same = self.changed("trim.process.time.mean=24 s").line
        assert line_hash(same) == line_hash(load_line("housing"))

    def test_the_only_failure_needs_no_name(self, tmp_path):
        path = tmp_path / "line.toml"
        path.write_text(starter(), encoding="utf-8")
        assert (
            self.changed("lathe.failure.up.mean=2 h", line=str(path)).line.station("lathe").failures[0].up.mean == 7200
        )

    def test_setpoints_keep_the_value_in_the_file(self):
        found = self.changed("cast.dwell=10 s", "cast.setpoints.gate_speed.value=45 m/s")
        assert found.setpoints == {"cast.dwell": 10, "cast.gate_speed": 45}
        assert found.line == load_line("housing")

    def test_shows_in_the_result(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        path = Path("out.json")
        slow = ["--set", "S1.process.time.mean=4 s", "--set", "S2.buffer=2"]
        shown = invoke("run", "reference", *SMALL, *slow, "--json", str(path)).stdout
        data = json.loads(path.read_text(encoding="utf-8"))
        assert data["kpis"]["throughput"]["mean"] < 1200
        assert data["hash"] != line_hash(load_line("reference"))
        assert data["run"]["set"] == ["S1.process.time.mean=4 s", "S2.buffer=2"]
        assert "S2.buffer=2" in shown

    def test_a_rate_setpoint_makes_the_station_faster(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("line.toml").write_text(
            """
            [source]
            mode = "saturated"
            [[station]]
            name = "S1"
            process = { model = "timed", time = { distribution = "constant", mean = "10 s" }, rate_setpoint = "speed" }
            setpoints.speed = { value = "300 m/min", machine = ["100 m/min", "600 m/min"] }
            """,
            encoding="utf-8",
        )
        words = ["run", "line.toml", "--horizon", "1 h", "--replications", "1", "--json", "out.json"]
        shown = invoke(*words, "--set", "S1.speed=600 m/min").stdout
        throughput = json.loads(Path("out.json").read_text(encoding="utf-8"))["kpis"]["throughput"]
        assert throughput == {"mean": pytest.approx(720), "ci95": None, "unit": "1/h"}
        assert re.search(r"^throughput +720 +- +1/h *$", shown, re.MULTILINE)


class TestCalibrate:
    @pytest.fixture
    def log(self, tmp_path):
        rows, counts = ["date,start,end"], ["date,start,end,parts"]
        for day in range(5, 11):
            for hour in range(6, 14):
                length = 20 + (7 * day + 13 * hour) % 40 * 10
                rows.append(f"2026-01-{day:02d},{hour:02d}:10:00,{hour:02d}:{10 + length // 60:02d}:{length % 60:02d}")
                counts.append(f"2026-01-{day:02d},{hour:02d}:00,{hour + 1:02d}:00,{(3600 - length) // 10}")
        (tmp_path / "stops.csv").write_text("\n".join(rows) + "\n")
        (tmp_path / "parts.csv").write_text("\n".join(counts) + "\n")
        return tmp_path

    def test_options_arrive(self, log, monkeypatch):
        monkeypatch.chdir(log)
        given = []

        def files(*words, **options):
            given.extend((words, options))
            raise LogError("stops.csv: enough.")

        monkeypatch.setattr("twin.calibrate.calibrate_files", files)
        words = ["--windows", "w.csv", "--redate", "3-5=2026-01-06", "--redate", "9=2026-01-07", "--reason", "E12=jam"]
        words += ["--reason", "P1=", "--planned", "11:30-13:15, 40 min", "--product", "A1=A", "--hidden", "stops"]
        words += ["--step", "10 s", "--threshold", "1 min", "--draws", "7", "--seed", "3", "--source", "press 4"]
        shown = invoke("calibrate", "stops.csv", "--date-format", "day.month.year", *words, code=2)
        assert shown.stderr == "Error: stops.csv: enough.\n"
        assert given[0] == ("stops.csv", None, "w.csv")
        assert given[1] == {
            "redate": [Redate(3, 5, "2026-01-06"), Redate(9, 9, "2026-01-07")],
            "date_format": "day.month.year",
            "reasons": {"E12": "jam", "P1": None},
            "planned": ["11:30-13:15, 40 min"],
            "products": {"A1": "A"},
            "station": "machine",
            "source": "press 4",
            "settings": Settings(hidden="stops", step=10.0, threshold=60.0, draws=7, seed=3),
        }

    @pytest.mark.slow
    def test_writes_a_line_that_loads(self, log, monkeypatch):
        monkeypatch.chdir(log)
        words = ["calibrate", "stops.csv", "--counts", "parts.csv", "--output", "line.toml", "--json", "out.json"]
        shown = invoke(
            *words, "--report", "report.txt", "--draws", "5", "--name", "press shop", "--station", "press"
        ).stdout
        line = load_line("line.toml")
        assert (line.name, line.stations[0].name) == ("press shop", "press")
        assert capacities(line)[0].mean_time == pytest.approx(10, rel=0.05)
        assert (
            "# Made by: linetwin calibrate stops.csv --counts parts.csv --output line.toml"
            in Path("line.toml").read_text()
        )
        assert Path("report.txt").read_text(encoding="utf-8") in shown
        assert json.loads(Path("out.json").read_text(encoding="utf-8"))["extent"]["stops"] == 48
        assert "Next: linetwin check line.toml" in shown
