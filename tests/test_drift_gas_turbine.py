"""Intervals on measured data that drift: fixed ones lose their coverage, adaptive ones keep it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from examples.drift_gas_turbine import INPUTS, NAME, Predicted, compared, trained

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data") / NAME
SCRIPT = ROOT / "examples" / "drift_gas_turbine.py"


def rows(draw: np.random.Generator, count: int, *, shift: float) -> Predicted:
    """Predictions of 0 with errors that have shifted."""
    errors = draw.normal(shift, 1.0, (count, 2))
    return Predicted(np.zeros(count), errors, np.zeros((count, 2)), np.ones((count, 2)))


def test_the_comparison_tells_a_shift() -> None:
    draw = np.random.default_rng(0)
    found = compared(rows(draw, 1000, shift=0.0), rows(draw, 1500, shift=2.0), 0)
    for kind in ("fixed", "fixed, by spread"):
        assert found[kind][2].all.share < 0.5
    for kind in ("adaptive level", "tracked quantile", "no surrogate: the row before"):
        assert [one.all.share for one in found[kind]] == pytest.approx([0.5, 0.8, 0.9, 0.95], abs=0.03)
        assert all(one.least <= one.all.share for one in found[kind])


def test_the_networks_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examples.drift_gas_turbine.STEPS", 400)
    draw = np.random.default_rng(1)
    x = draw.normal(300.0, 5.0, (1000, len(INPUTS)))
    y = np.stack([x[:, 0] + x[:, 1], 10 * np.sin(x[:, 2] / 5.0)], axis=1)
    predict = trained(x, y)
    assert predict(x).shape == (5, 1000, 2)
    assert ((predict(x).mean(axis=0) - y) ** 2).mean(axis=0) == pytest.approx([0.0, 0.0], abs=2.0)  # of 50 each
    assert np.ptp(predict(x)[:, 0, 0]) > 0.0


def test_data_that_are_not_here_are_asked_for(tmp_path: Path) -> None:
    words = [sys.executable, str(SCRIPT), "--data", str(tmp_path)]
    there = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(words, check=False, capture_output=True, text=True, cwd=ROOT, env=there)
    assert told.returncode == 1
    assert "has no gt_2011_2015.csv.gz; it comes from UCI 551" in told.stderr


@pytest.mark.slow
def test_adaptive_intervals_keep_their_coverage_on_the_turbine_and_fixed_ones_do_not(tmp_path: Path) -> None:
    if not DATA.is_dir():
        pytest.skip(f"the data of the gas turbine ({NAME}) are not here; name the folder above by LINETWIN_DATA_ROOT")
    file = tmp_path / "found.json"
    words = [sys.executable, str(SCRIPT), "--data", str(DATA), "--json", str(file)]
    subprocess.run(words, check=True, capture_output=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    for output, found in json.loads(file.read_text()).items():
        for k, promised in enumerate((0.5, 0.8, 0.9, 0.95)):
            assert found["fixed"][k]["share"] < promised - 0.05, output
            for kind in ("adaptive level", "tracked quantile"):
                assert found[kind][k]["share"] == pytest.approx(promised, abs=0.03), output
                assert found[kind][k]["least"] > promised - 0.2, output
                assert found[kind][k]["unbounded"] < 0.1, output
