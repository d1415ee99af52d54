"""The command line in tests: run within the process, or as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from scenarios.cli import app

ROOT = Path(__file__).parents[1]
SMALL = ["--horizon", "10 min", "--warmup", "2 min", "--replications", "2"]
BY_PARTS = ["--parts", "1000", "--warmup-parts", "100", "--replications", "2"]


def invoke(*words: str, code: int = 0):
    if words[:1] == ("run",) and "--page" not in words:
        words = (*words, "--no-page")  # which would go into the folder at hand
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    assert all(len(line) <= 80 for line in result.stdout.splitlines()), result.stdout
    return result


def program(*words: str, folder: Path, check: bool = True, **environment: str):
    """`linetwin` as a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=check,
    )
