"""The command line: how it starts, what it keeps, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import jax
import pytest
from command_line import BY_PARTS, ROOT, invoke, program

from scenarios.compiled import keep_compiled_code, trim
from scenarios.options import duration
from twin.spec import starter


class TestStart:
    def test_compiled_code_is_kept_and_trimmed(self, tmp_path, monkeypatch):
        for number in range(10):
            path = tmp_path / f"{number}-cache"
            path.write_bytes(b" " * 100)
            os.utime(path, (number, number))
        trim(tmp_path, most=1000)
        assert len(list(tmp_path.iterdir())) == 10
        trim(tmp_path, most=999)
        assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number}-cache" for number in (6, 7, 8, 9)]

    def test_a_folder_that_is_set_already_stays(self):
        before = getattr(jax.config, "jax_compilation_cache_dir")  # noqa: B009  pyright does not see it
        keep_compiled_code()
        assert getattr(jax.config, "jax_compilation_cache_dir") == before  # noqa: B009

    @pytest.mark.parametrize("broken", ["a file", "entries", "not mine", "no home"])
    def test_a_broken_cache_folder_does_not_matter(self, tmp_path, broken):
        code = (
            "import scenarios.compiled as c; c.keep_compiled_code(); import jax; print(jax.jit(lambda x: x + 1)(1.0))"
        )
        cache = tmp_path / "cache"
        env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache), "PYTHONWARNINGS": "error"}
        if broken == "a file":
            cache.write_text("no folder")
        elif broken == "entries":
            subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
            entries = list((cache / "linetwin" / "jax").iterdir())
            assert entries
            for entry in entries:
                entry.write_bytes(b"broken")
        elif broken == "not mine":
            (cache / "linetwin" / "jax").mkdir(parents=True)
            code = f"import os; os.getuid = lambda: 4711; {code}"
        else:
            env = {**env, "XDG_CACHE_HOME": "relative", "HOME": "/dev/null"}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("2.0\n", "")
        if broken == "not mine":
            assert not list((cache / "linetwin" / "jax").iterdir())

    @pytest.mark.slow
    def test_a_second_start_compiles_nothing(self, tmp_path):
        words = ("run", "reference", "--horizon", "10 min", "--json", "-")
        first = program(*words, folder=tmp_path)
        files = sorted((tmp_path / "cache" / "linetwin" / "jax").iterdir())
        second = program(*words, folder=tmp_path)
        assert first.stdout == second.stdout
        assert sorted((tmp_path / "cache" / "linetwin" / "jax").iterdir()) == files
        assert len(files) > 1

    @pytest.mark.parametrize("signal_at", ["simulate", "to_parquet"])
    def test_interrupted_at_work(self, tmp_path, monkeypatch, signal_at):
        def interrupted(*_words, **_options):
            raise KeyboardInterrupt

        monkeypatch.chdir(tmp_path)
        place = "twin.run.simulate" if signal_at == "simulate" else "pyarrow.parquet.write_table"
        monkeypatch.setattr(place, interrupted)
        shown = invoke("run", "reference", *BY_PARTS, "--json", "out.json", "--trace", "out.parquet", code=130)
        assert shown.stderr == "Interrupted: the command did not finish.\n"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.slow
    def test_interrupted(self, tmp_path):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        words = ["run", "reference", "--horizon", "10000 h", "--replications", "1", "--json", "out.json"]
        with subprocess.Popen(
            [sys.executable, "-m", "scenarios.cli", *words], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
        ) as running:
            deadline = time.monotonic() + 100  # compiled code appears when the simulation has begun
            while time.monotonic() < deadline and not list((tmp_path / "cache").rglob("*advance*")):
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            assert running.communicate(timeout=100)[1].startswith("Interrupted")
        assert running.returncode == 130
        assert [path.name for path in tmp_path.iterdir()] == ["cache"]

    def test_output_that_nobody_reads(self, tmp_path):
        shell = f"{sys.executable} -m scenarios.cli run --help | true"
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        assert done.stderr == ""

    def test_a_terminal_without_unicode(self, tmp_path):
        (tmp_path / "line.toml").write_text(starter().replace('"saw"', '"säge"'), encoding="utf-8")
        done = program("check", "line.toml", folder=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert "s?ge" in done.stdout


@pytest.mark.parametrize(
    ("text", "seconds"), [("8 h", 28800), ("8h", 28800), ("90 min", 5400), ("0.5 s", 0.5), ("2 d", 172800)]
)
def test_durations(text, seconds):
    assert duration("--horizon", text) == pytest.approx(seconds)
