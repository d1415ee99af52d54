"""The command line: what its commands show and write, how it starts, and how it ends."""

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from command_line import ROOT, SMALL, invoke
from typer.testing import CliRunner

from scenarios.capacity import capacities
from scenarios.cli import app
from scenarios.missing import missing
from scenarios.progress import progress_bar
from twin.run import simulate
from twin.spec import library_lines, load_line, read_line, starter
from twin.store import line_hash


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """A run of a line with all kinds of figures, and what it wrote and showed."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "line.toml").write_text(starter(), encoding="utf-8")
    words = ["run", "line.toml", "--horizon", "2 h", "--warmup", "30 min", "--replications", "2", "--seed", "7"]
    with contextlib.chdir(folder):
        words += ["--profile", "load.csv", "--profile-period", "15 min"]
        result = invoke(*words, "--json", "out.json", "--trace", "out.parquet", "--stations", "wash,saw")
    data = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return {"folder": folder, "shown": result.stdout, "json": data}


class TestHelp:
    @pytest.mark.parametrize("words", [[], ["init"], ["check"], ["list"], ["run"], ["calibrate"], ["export"], ["view"]])
    def test_teaches_by_examples_in_80_columns(self, words):
        shown = invoke(*words, "--help").stdout
        assert "Examples" in shown
        assert len(re.findall(r"^ linetwin \w+", shown, re.MULTILINE)) >= 2
        assert "[" not in "".join(re.findall(r"^ linetwin .*", shown, re.MULTILINE))

    def test_without_a_command_is_the_help(self):
        assert invoke().stdout == invoke("--help").stdout

    def test_and_the_version_need_no_jax(self, tmp_path):
        code = "import sys; from scenarios.cli import app; app(standalone_mode=False); print('jax' in sys.modules)"
        for words in (["--help"], ["run", "--help"], ["--version"], ["run"]):
            env = {**os.environ, "PYTHONPATH": str(ROOT)}
            done = subprocess.run(
                [sys.executable, "-c", code, *words], env=env, capture_output=True, text=True, check=True
            )
            assert done.stdout.splitlines()[-1] == "False", done.stderr

    def test_version(self):
        shown = invoke("--version").stdout
        try:
            assert shown == f"linetwin {version('linetwin')}\n"
        except ModuleNotFoundError:
            assert shown.startswith("linetwin")


class TestInit:
    def test_writes_the_starter_which_then_runs(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert "linetwin check line.toml" in invoke("init").stdout
        assert Path("line.toml").read_text(encoding="utf-8") == starter()
        assert [path.name for path in tmp_path.iterdir()] == ["line.toml"]

    def test_replaces_only_when_forced(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        path = Path("mine.toml")
        path.write_text("mine")
        assert "--force" in invoke("init", "mine.toml", code=2).stderr
        assert path.read_text() == "mine"
        invoke("init", "mine.toml", "--force")
        assert path.read_text(encoding="utf-8") == starter()


class TestCheck:
    @pytest.mark.parametrize("name", sorted(library_lines()))
    def test_shows_the_library_on_one_screen(self, name):
        shown = invoke("check", name).stdout
        line = load_line(name)
        for station in line.stations:
            assert station.name in shown
            for stop in (*station.failures, *station.maintenance):
                assert stop.name.split()[0] in shown
        assert len(shown.splitlines()) < 60
        assert "Bottleneck" in shown

    def test_housing_has_two_bottlenecks_that_are_nearly_equal(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        invoke("check", "housing", "--json", "check.json")
        data = json.loads(Path("check.json").read_text(encoding="utf-8"))
        assert data["bottleneck"] in ("cast", "mill")
        able = {name: station["capacity"] for name, station in data["stations"].items()}
        assert able["cast"] == pytest.approx(able["mill"], rel=0.03)
        assert data["hash"] == line_hash(load_line("housing"))
        assert data["stations"]["mill"]["machines"] == 3
        assert data["missing"] == [{"kpis": ["demand_charge"], "add": "demand in [tariff]"}]

    def test_lists_the_library(self):
        shown = invoke("list").stdout
        assert all(name in shown for name in library_lines())
        assert invoke("check").stdout == shown

    def test_schema(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        invoke("check", "--schema", "schema.json")
        assert "station" in json.loads(Path("schema.json").read_text(encoding="utf-8"))["properties"]
        assert json.loads(CliRunner().invoke(app, ["check", "--schema", "-"]).stdout)["properties"]

    def test_what_is_missing_is_what_stays_unknown(self, outcome):
        known = {name for name, figure in outcome["json"]["kpis"].items() if figure is not None}
        said = {kpi for one in missing(load_line(outcome["folder"] / "line.toml")) for kpi in one.kpis}
        assert said == {"demand_charge", "plan_attainment"}
        assert not said & known


def station(name="S1", mean="60 s", **keys):
    time = {"distribution": "constant", "mean": mean}
    return {"name": name, "process": {"model": "timed", "time": time}, **keys}


def capacity(*stations, **keys):
    line = read_line({"source": {"mode": "saturated"}, "station": list(stations), **keys})
    return [(round(each.visits, 6), round(each.good, 6)) for each in capacities(line)]


class TestCapacity:
    def test_plain(self):
        assert capacity(station(machines=2), station("S2", "40 s")) == [(120, 120), (90, 90)]

    def test_scrap_counts_from_the_station_on(self):
        assert capacity(station(scrap=0.1), station("S2", scrap=0.5)) == [(60, 27), (60, 30)]

    def test_rework_and_stops(self):
        rework = {"share": 0.5, "max_attempts": 2}  # 1.5 attempts, a quarter is scrapped
        assert capacity(station(rework=rework)) == [(40, 30)]
        law = lambda mean: {"distribution": "exponential", "mean": mean}  # noqa: E731
        assert capacity(station(failure={"up": law("3 h"), "down": law("1 h")})) == [(45, 45)]
        calendar = {"up": law("3 h"), "down": law("1 h"), "clock": "calendar"}
        assert capacity(station(failure=calendar)) == [(45, 45)]
        assert capacity(station(maintenance={"every": 10, "clock": "parts", "duration": "5 min"})) == [(40, 40)]
        assert capacity(station(maintenance={"every": "4 h", "duration": "2 h"})) == [(40, 40)]
        assert capacity(station(maintenance={"every": "4 h", "clock": "calendar", "duration": "2 h"})) == [(30, 30)]

    def test_products_machines_setup_and_conveyors(self):
        products = [{"name": "A", "share": 0.5}, {"name": "B", "share": 0.5}]
        mixed = station()
        mixed["process"] = {**mixed["process"], "product": {"B": {"distribution": "constant", "mean": "120 s"}}}
        assert capacity(mixed, product=products) == [(40, 40)]
        assert capacity(station(setup={"default": "60 s"}), product=products) == [(40, 40)]  # half of the parts change
        assert capacity(station(machines=2, machine=[{}, {"process": {"time": {"mean": "30 s"}}}])) == [(180, 180)]
        assert capacity(station(kind="conveyor", machines=10)) == [(600, 600)]
        assert capacity(station(kind="conveyor", machines=10, pitch="10 s")) == [(360, 360)]

    def test_a_long_run_of_one_station_makes_as_much(self):
        law = {"distribution": "exponential", "mean": "10 min"}
        failure = {"up": law, "down": {**law, "mean": "2 min"}}
        line = read_line(
            {"source": {"mode": "saturated"}, "station": [station(mean="20 s", scrap=0.1, failure=failure)]}
        )
        totals = simulate(line, horizon=40 * 3600.0, replications=2, record="kpis").totals
        assert float(totals["good"].mean()) / 40 == pytest.approx(capacities(line)[0].good, rel=0.03)


class TestRun:
    def test_json(self, outcome):
        data = outcome["json"]
        assert list(data)[:6] == ["line", "seed", "hash", "versions", "kpis", "stations"]
        assert (data["line"], data["seed"]) == ("starter", 7)
        assert data["hash"] == line_hash(load_line(outcome["folder"] / "line.toml"))
        assert {"python", "linetwin", "jax", "numpy"} <= data["versions"].keys()
        throughput = data["kpis"]["throughput"]
        assert set(throughput) == {"mean", "ci95", "unit"}
        assert throughput["unit"] == "1/h"
        assert throughput["ci95"][0] < throughput["mean"] < throughput["ci95"][1]
        named = "wip lead_time oee availability performance quality scrap_rate energy energy_per_good_part peak_power"
        for name in [*named.split(), "energy_cost", "cost", "co2", "first_pass_yield"]:
            assert data["kpis"][name]["mean"] >= 0
        assert data["kpis"]["demand_charge"] is None
        states = [
            "processing",
            "setup",
            "release",
            "starved",
            "blocked",
            "down",
            "maintenance",
            "planned_stop",
            "standby",
        ]
        for station in ("saw", "lathe", "wash"):
            shares = [data["stations"][station][state] for state in [*states, "warmup", "off"]]
            assert sum(shares) == pytest.approx(1)
            assert 0 < data["stations"][station]["oee"] < 1
        assert data["stations"]["lathe"]["failures"]["breakdown"]["count"] >= 0
        assert data["run"] == {
            "start": "2026-01-05 06:00:00",
            "replications": 2,
            "horizon": 7200.0,
            "warmup": 1800.0,
            "set": [],
        }

    def test_json_on_standard_output_stands_alone(self):
        data = json.loads(CliRunner().invoke(app, ["run", "reference", *SMALL, "--json", "-"]).stdout)
        assert data["kpis"]["throughput"]["mean"] > 2000
        assert "energy_split" not in data  # the line gives no power

    def test_tables(self, outcome):
        shown = outcome["shown"]
        assert shown.startswith("starter: 2 h with 30 min of warm-up, 2 replications, seed 7\n")
        data = outcome["json"]["kpis"]
        assert re.search(
            rf"^throughput +{data['throughput']['mean']:.4g} +[\d.]+ to [\d.]+ +1/h *$", shown, re.MULTILINE
        )
        assert re.search(rf"^oee +{100 * data['oee']['mean']:.4g} .* % *$", shown, re.MULTILINE)
        assert re.search(r"^wash( +\d+\.\d)+ *$", shown, re.MULTILINE)
        assert not re.search(r"^lathe ", shown, re.MULTILINE)  # only the chosen ones are shown
        assert "Not known: demand_charge (add demand in [tariff])\n" in shown
        assert "Not known: plan_attainment (add takt in [plan])\n" in shown

    def test_the_waterfall_is_in_the_json(self, outcome):
        found = outcome["json"]["waterfall"]
        assert (found["station"], found["machines"]) == ("lathe", 2)
        steps = found["steps"]
        rest = steps["planned busy"]["minutes"] - sum(steps[name]["minutes"] for name in list(steps)[1:-1])
        assert rest == pytest.approx(steps["good"]["minutes"], abs=1e-9)
        assert steps["good"]["parts"] == pytest.approx(outcome["json"]["kpis"]["good"]["mean"])

    def test_visits(self, outcome):
        table = parquet.read_table(outcome["folder"] / "out.parquet")
        head = "replication part product station machine arrive start finish depart scrapped energy"
        assert " ".join(table.column_names).startswith(head)
        assert json.loads(table.schema.metadata[b"linetwin"])["seed"] == 7
        assert set(table["station"].to_pylist()) == {"saw", "wash"}

    def test_energy_split(self, outcome):
        data, shown = outcome["json"], outcome["shown"]
        split = data["energy_split"]
        assert split["total"]["energy"] == pytest.approx(data["kpis"]["energy_per_good_part"]["mean"], rel=1e-12)
        entries = [state for s in split["stations"].values() for states in s.values() for state in states.values()]
        for name in ("energy", "cost", "co2"):
            parts = sum(entry[name] for entry in [*entries, *split["base_load"].values()])
            assert split["total"][name] == pytest.approx(parts, rel=1e-12)
        assert "Energy per good part, " in shown
        for row in ("saw", "wash", "other stations", "base load", "line"):
            assert re.search(rf"^{row} +[-\d]", shown, re.MULTILINE)

    def test_load_profile(self, outcome):
        """On the clock, of all stations, and with the energy of the KPI; the window is from 06:30 to 08:00."""
        with (outcome["folder"] / "load.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["carrier", "station", "begin", "time_s", "covered_s", "power_kW", "p5_kW", "p95_kW"]
        assert {row["station"] for row in rows} == {"line", "saw", "lathe", "wash", "line.base_load"}
        line = [row for row in rows if row["station"] == "line"]
        assert [row["begin"] for row in line[:2]] == ["2026-01-05 06:30:00", "2026-01-05 06:45:00"]
        assert [float(row["time_s"]) for row in line[:2]] == [1800, 2700]
        energy = sum(float(row["power_kW"]) * float(row["covered_s"]) / 3600 for row in line)
        assert energy == pytest.approx(outcome["json"]["kpis"]["energy"]["mean"], rel=1e-9)
        assert all(float(row["p5_kW"]) <= float(row["power_kW"]) <= float(row["p95_kW"]) for row in line)
        assert "Wrote load.csv" in outcome["shown"]

    def test_leaves_nothing_else_behind(self, outcome):
        found = sorted(path.name for path in outcome["folder"].iterdir())
        assert found == ["line.toml", "load.csv", "out.json", "out.parquet"]

    def test_report_instead_of_tables(self, outcome, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        words = ["run", str(outcome["folder"] / "line.toml"), "--horizon", "2 h", "--warmup", "30 min", "--report"]
        words += ["--replications", "2", "--seed", "7", "--json", "out.json"]
        shown = invoke(*words).stdout
        assert shown.startswith("starter    2026-01-05 Mon 06:30 to 08:00, planned 90 min\n")
        assert shown.count("\n") <= 46
        assert "Figures of the line" not in shown
        assert shown.endswith("Wrote out.json\n")
        kpis = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["kpis"]
        assert f"OEE {100 * kpis['oee']['mean']:.0f} %" in shown
        assert kpis["lead_time_median"] is not None  # the visits were kept

    @pytest.mark.parametrize("words", [["--stations", "S1"], ["--json", "-"]])
    def test_a_report_needs_standard_output_and_the_whole_line(self, words):
        said = invoke("run", "reference", *SMALL, "--report", *words, code=2).stderr
        assert "Leave one of the two out" in said

    def test_by_parts_with_advice(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        words = [
            "run",
            "reference",
            "--parts",
            "1000",
            "--warmup-parts",
            "100",
            "--replications",
            "2",
            "--json",
            "out.json",
        ]
        shown = invoke(*words, "--advise").stdout
        data = json.loads(Path("out.json").read_text(encoding="utf-8"))
        assert shown.startswith("reference: 1000 good parts of which 100 warm up, 2 replications, seed 0")
        assert data["kpis"]["good"]["mean"] == 900
        assert data["run"]["parts"] == 1000
        advice = data["advice"]
        assert 0 <= advice["warmup"]["parts"] < 500
        assert "Warm-up" in shown
        assert f"Use --replications {max(advice['replications'].values())} to" in shown

    def test_progress_is_shown_on_a_terminal_only(self, monkeypatch):
        with progress_bar("Simulating") as progress:
            assert progress is None
        terminal = io.StringIO()
        monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        with progress_bar("Simulating [red]") as progress:
            assert progress is not None
            progress(0.5)
        assert "Simulating [red]" in terminal.getvalue()
        assert "50 %" in terminal.getvalue()
