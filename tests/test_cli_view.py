"""`linetwin view`, and the page at the end of `linetwin run`."""

import contextlib
from datetime import datetime

import pytest
from command_line import invoke
from shown import LINE

from scenarios.run_page import MOST_OF_ONE
from scenarios.view_command import moment, page_name

SHORT = ["--horizon", "20 min"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.toml").write_text(LINE, encoding="utf-8")
    return tmp_path


def complaint(*words):
    return " ".join(invoke(*words, code=2).stderr.split())


class TestView:
    def test_without_an_output_writes_the_page_and_says_so(self, folder):
        shown = invoke("view", "line.toml", *SHORT).stdout
        assert "Wrote shown.html" in shown
        assert "<title>shown</title>" in (folder / "shown.html").read_text(encoding="utf-8")

    def test_side_by_side_with_a_change_or_another_line(self, folder):
        invoke("view", "line.toml", *SHORT, "--compare", "Mill.machines=3", "--html", "a.html")
        invoke("view", "line.toml", *SHORT, "--compare", "reference", "--html", "b.html")
        assert (folder / "a.html").stat().st_size > 1.2 * 200_000
        assert (folder / "b.html").exists()

    def test_glb_of_a_span_of_the_day(self, folder):
        invoke("view", "line.toml", "--horizon", "30 min", "--at", "06:10", "--until", "06:12", "--glb", "line.glb")
        assert (folder / "line.glb").read_bytes()[:4] == b"glTF"

    def test_a_study_shows_the_baseline_and_a_scenario(self, folder):
        study = 'schema = 1\nline = "line.toml"\nhorizon = "20 min"\n'
        study += '[[scenario]]\nname = "third mill"\nset = { "Mill.machines" = 3 }\n'
        (folder / "study.toml").write_text(study, encoding="utf-8")
        assert "Wrote study.html" in invoke("view", "study.toml").stdout
        assert "third mill" in (folder / "study.html").read_text(encoding="utf-8")
        assert "no such scenario. Use 'third mill'." in complaint("view", "study.toml", "--compare", "third mil")
        assert "Add a scenario" in complaint("view", "study.toml", "--set", "Mill.machines=4")

    def test_a_trace_is_its_run_made_again(self, folder):
        invoke("run", "line.toml", *SHORT, "--replications", "2", "--seed", "5", "--trace", "out.parquet")
        assert "not in the library" in complaint("view", "out.parquet")
        assert "Wrote shown.html" in invoke("view", "out.parquet", "--line", "line.toml").stdout
        changed = LINE.replace('mean = "30 s"', 'mean = "31 s"')
        (folder / "other.toml").write_text(changed, encoding="utf-8")
        assert "not the one that was run" in complaint("view", "out.parquet", "--line", "other.toml")
        assert "holds a run" in complaint("view", "out.parquet", "--line", "line.toml", "--horizon", "1 h")
        (folder / "broken.parquet").write_bytes(b"nonsense")
        assert "holds no visits" in complaint("view", "broken.parquet")
        assert "there is no file" in complaint("view", "none.parquet")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--png", "x.txt"], "such a file ends in .png"),
            (["--size", "big", "--png", "x.png"], "Use for example --size 1920x1080"),
            (["--size", "9x9", "--png", "x.png"], "64 to 8192 pixels"),
            (["--speed", "fast", "--glb", "x.glb"], "--speed is 'fast'"),
            (["--at", "9x"], "--at is '9x'"),
            (["--at", "3 h"], "the run ends after 1200 s"),
            (["--replication", "-1"], "--replication is '-1'"),
            (["--line", "line.toml"], "Leave it out"),
            (["--compare", "nix"], "neither a file nor a line"),
            (["--compare", "Mill.nix=3"], "nix"),
            (["--html", "none/x.html"], "there is no folder"),
            (["--at", "10 min", "--until", "5 min", "--glb", "x.glb"], "one after the other"),
        ],
    )
    def test_bad_options_are_one_sentence(self, folder, words, said):
        assert said in complaint("view", "line.toml", *SHORT, *words)
        assert {path.name for path in folder.iterdir()} == {"line.toml"}

    def test_a_window_without_a_display_is_one_sentence(self, folder, monkeypatch):
        monkeypatch.delenv("DISPLAY", raising=False)
        assert "there is no display" in complaint("view", "line.toml", *SHORT, "--window")

    def test_moments_are_times_of_day_or_since_the_beginning(self):
        start = datetime(2026, 1, 5, 22, 30)
        assert moment("--at", "23:00", start) == 1800
        assert moment("--at", "06:00", start) == 7.5 * 3600
        assert moment("--at", "90 min", start) == 5400
        assert page_name("Line 7/b: ä") == "Line-7-b-ä.html"


class TestRunPage:
    def run(self, *words, **how):
        return invoke("run", "line.toml", *SHORT, "--replications", "2", *words, **how)

    def test_a_run_ends_with_its_page(self, folder):
        shown = self.run("--page", "seen.html")
        assert "Wrote seen.html" in shown.stdout + shown.stderr
        assert 'content="linetwin"' in (folder / "seen.html").read_text(encoding="utf-8")

    def test_by_default_it_is_named_after_the_line_and_replaces_only_pages(self, folder):
        from scenarios.run_command import RunOptions, run

        run(RunOptions("line.toml", "20 min", replications="2"))
        page = folder / "shown.html"
        first = page.read_text(encoding="utf-8")
        run(RunOptions("line.toml", "20 min", replications="2", seed="1"))
        assert page.read_text(encoding="utf-8") != first
        page.write_text("my own notes", encoding="utf-8")
        run(RunOptions("line.toml", "20 min", replications="2"))
        assert page.read_text(encoding="utf-8") == "my own notes"

    def test_none_beside_json_on_standard_output_or_where_it_cannot_be(self, folder, capsys):
        from scenarios.run_command import RunOptions, run

        run(RunOptions("line.toml", "20 min", replications="2", json="-"))
        run(RunOptions("line.toml", "20 min", replications="2", no_page=True))
        run(RunOptions("line.toml", "20 min", replications="2", stations="Mill"))
        assert not list(folder.glob("*.html"))
        folder.chmod(0o500)
        with contextlib.suppress(PermissionError):
            run(RunOptions("line.toml", "20 min", replications="2"))
        folder.chmod(0o700)

    def test_a_large_run_keeps_no_visits_for_it(self, folder, monkeypatch):
        from scenarios.run_command import RunOptions
        from scenarios.run_page import wanted_page
        from twin.spec import load_line

        line = load_line("line.toml")
        options = RunOptions("line.toml")
        assert wanted_page(options, line, 7200.0, None, 16) is not None
        assert wanted_page(options, line, None, MOST_OF_ONE, 1) is None
        assert wanted_page(options, line, 7200.0, None, 100_000) is None
        monkeypatch.setattr("scenarios.size.free_memory", lambda: 10_000_000)
        assert wanted_page(options, line, 7200.0, None, 16) is None

    def test_page_with_what_it_cannot_stand_with(self, folder):
        assert "--no-page was given" in complaint("run", "line.toml", *SHORT, "--page", "a.html", "--no-page")
        assert "--stations was given" in complaint("run", "line.toml", *SHORT, "--page", "a.html", "--stations", "Mill")
