"""Studies: read, run, compared, and refused in one sentence where they are none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import scenarios
import twin
from scenarios.cli import app
from scenarios.options import OptionError
from scenarios.study import load_study, read_study, studies
from tests.broken_studies import BROKEN
from twin.spec import starter

STUDY = """
schema = 1
question = "What does S3 gain?"
line = "reference"
parts = 400
warmup_parts = 50
replications = 4
show = ["throughput", "lead_time"]
probability = ["throughput >= 2700 1/h"]
[[scenario]]
name = "faster S3"
set = { "S3.process.time.mean" = "0.9 s" }
[[scenario]]
name = "buffers, too"
based_on = "faster S3"
set = { "S3.buffer" = 8 }
[[scenario]]
name = "two of S3"
set = { "S3.machines" = 2 }
[[sweep]]
name = "places"
set = { "S3.buffer" = [2, 4], "S4.buffer" = { low = 3, high = 4 } }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(STUDY)
    return scenarios.load_study(path).run()


def whatif(*words):
    return CliRunner().invoke(app, ["whatif", *map(str, words)], catch_exceptions=False)


class TestReading:
    def test_changes_are_inherited(self, file):
        study = load_study(file)
        assert study.scenarios[1].changes == {"S3.process.time.mean": "0.9 s", "S3.buffer": 8}

    def test_a_grid_has_all_points(self, file):
        points = load_study(file).sweeps[0].points
        assert points == [{"S3.buffer": a, "S4.buffer": b} for a in (2, 4) for b in (3, 4)]

    def test_dotted_keys_need_no_quotes(self):
        tables = {"line": "reference", "parts": 10, "scenario": [{"name": "a", "set": {"S2": {"buffer": 3}}}]}
        assert read_study(tables).scenarios[0].changes == {"S2.buffer": 3}

    def test_a_study_of_the_library_by_its_name(self):
        assert "buffers" in studies()
        assert load_study("buffers").line == "reference"

    def test_a_line_beside_the_study(self, tmp_path, file):
        (tmp_path / "mine.toml").write_text(starter())
        text = STUDY.partition("[[scenario]]")[0].replace('"reference"', '"mine.toml"')
        file.write_text(text + '[[scenario]]\nname = "a"\n')
        assert load_study(file).line == str(tmp_path / "mine.toml")


class TestRunning:
    def test_a_case_tells_what_it_tells_alone(self, result):
        line = twin.load_line("reference")
        run = {"parts": 400, "warmup_parts": 50, "replications": 4, "record": "kpis"}
        alone = twin.kpis(twin.simulate(line, setpoints={"S3.process.time.mean": 0.9}, **run))
        for name in ("throughput", "lead_time"):
            np.testing.assert_allclose(result.scenarios[0].figures[name].values, alone[name].values, rtol=1e-12)
        base = twin.kpis(twin.simulate(line, **run))
        difference = result.difference(result.scenarios[0])["throughput"]
        assert difference.mean == pytest.approx(float((alone["throughput"] - base["throughput"]).mean))
        assert difference.ci95 == pytest.approx((alone["throughput"] - base["throughput"]).ci95)

    def test_other_shapes_are_run_in_programs_of_their_own(self, result):
        assert result.difference(result.scenarios[2])["throughput"].verdict == "more"

    def test_the_baseline_among_the_points_differs_by_nothing(self, result):
        same = result.sweeps["places"][3].figures["throughput"].values  # 4 and 4 places, as the line has them
        np.testing.assert_array_equal(same, result.baseline.figures["throughput"].values)

    def test_json_is_as_designed(self, result):
        said = json.loads(json.dumps(result.to_json(), allow_nan=False))
        assert said["baseline"]["kpis"]["throughput"]["unit"] == "1/h"
        difference = said["scenarios"]["faster S3"]["difference"]["throughput"]
        assert difference["ci95"][0] < difference["mean"] < difference["ci95"][1]
        assert difference["all95"][0] < difference["ci95"][0]
        assert said["scenarios"]["faster S3"]["probability"]["throughput >= 2700 1/h"]["share"] <= 1
        assert len(said["sweeps"]["places"]) == 4

    def test_replications_are_added_until_the_difference_is_known(self):
        tables = {
            "line": "reference", "parts": 300, "replications": 4, "half_width": {"throughput": "12 1/h"},
            "scenario": [{"name": "a", "set": {"S3.process.time.mean": "0.9 s"}}],
        }  # fmt: skip
        found = read_study(tables).run()
        interval = found.difference(found.scenarios[0])["throughput"].ci95
        assert interval is not None
        low, high = interval
        assert found.length.replications > 4
        assert (high - low) / 2 < 18  # Stein's rule holds it on average

    def test_contribution_counts_margin_scrap_and_energy(self):
        tables = {
            "line": "bottling", "horizon": "4 h", "replications": 2, "good_part": "2 EUR", "scrapped_part": "1 EUR",
            "scenario": [{"name": "a"}],
        }  # fmt: skip
        found = read_study(tables).run().baseline.figures
        value = {name: figure.values for name, figure in found.items() if figure is not None}
        hours = value["good"] / value["throughput"]
        expected = (2 * value["good"] - value["scrapped"] - value.get("cost", 0.0)) / hours
        np.testing.assert_allclose(value["contribution"], expected)


class TestCommand:
    def test_writes_and_shows(self, file, tmp_path):
        done = whatif(file, "--json", tmp_path / "out.json", "--table", tmp_path / "out.csv")
        assert done.exit_code == 0, done.output
        for words in ("What does S3 gain?", "faster S3", "better", "hold at once", "How probable"):
            assert words in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + 1 + 3 + 4
        assert json.loads((tmp_path / "out.json").read_text())["family"] == 6

    def test_lists_the_library(self):
        assert "buffers" in whatif().stdout

    @pytest.mark.slow
    def test_a_folder_gives_the_same_table_for_any_workers_and_batch(self, file, tmp_path):
        tables = []
        for number, words in enumerate(([], ["--workers", 2], ["--workers", 4, "--batch", 3])):
            out = tmp_path / f"{number}.json"
            folder = ["--folder", tmp_path / f"run{number}"] if number else []
            assert whatif(file, "--json", out, *folder, *words).exit_code == 0
            tables.append(json.loads(out.read_text()))
        for table in tables:
            table.pop("line", None)
        assert tables[0] == tables[1] == tables[2]

    def test_a_folder_that_is_there_wants_resume(self, file, tmp_path):
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / "other").write_text("")
        done = whatif(file, "--folder", folder)
        assert done.exit_code == 2
        assert "--resume" in done.stderr

    def test_workers_want_a_folder(self, file):
        done = whatif(file, "--workers", 2)
        assert done.exit_code == 2
        assert "--folder" in done.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_study_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    content, fragments = BROKEN[name]
    file = tmp_path / "study.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setattr("scenarios.study_run.Evaluation", None)  # nothing is simulated
    done = whatif(file, "--json", tmp_path / "out.json")
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert line[-1] == "."
    assert len(line) < 600
    for fragment in fragments:
        assert fragment in line
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


@pytest.mark.parametrize("name", ["nosuch", "tests", ""])
def test_no_study_of_that_name(name):
    with pytest.raises(OptionError):
        load_study(name)


def test_there_are_sixty_broken_studies():
    assert len(BROKEN) >= 60
