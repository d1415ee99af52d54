"""Luck, numbers, networks: the parts of a figure's variance."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from command_line import invoke

import twin
from twin.draws import draws_text
from twin.line import Draws
from twin.parameters import numbers_of
from twin.uncertainty import figures_of_draws, parts_of


class TestParts:
    @pytest.mark.parametrize("sizes", [(9.0, 0.0, 1.0), (1.0, 4.0, 4.0), (0.0, 0.0, 1.0), (4.0, 1.0, 0.25)])
    def test_parts_are_found_again(self, sizes):
        parameters, surrogate, luck = np.sqrt(sizes)
        found = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            values = 50 + parameters * rng.normal(size=(40, 1, 1)) + surrogate * rng.normal(size=(1, 20, 1))
            values = values + 0.6 * luck * rng.normal(size=(1, 1, 40)) + 0.8 * luck * rng.normal(size=(40, 20, 40))
            one = parts_of(values)
            found.append((one.parameters, one.surrogate, one.luck))
        assert np.mean(found, axis=0) == pytest.approx(np.array(sizes), rel=0.15, abs=0.05)

    def test_an_axis_of_one_has_no_part(self):
        one = parts_of(np.random.default_rng(0).normal(size=(1, 1, 30)))
        assert one.shares == {"luck": 1.0, "parameters": 0.0, "surrogate": 0.0}

    def test_nothing_varies(self):
        assert set(parts_of(np.full((3, 1, 4), 7.0)).shares.values()) == {0.0}


def uncertain_line(spread: float) -> twin.Line:
    """The reference line, of which the first mean time is known to so many per cent."""
    line = twin.load_line("reference")
    paths, rng = ("S1.process.time.mean",), np.random.default_rng(1)
    values = tuple((float(value),) for value in numbers_of(line)[paths[0]] * rng.normal(1.0, spread, 24))
    return replace(line, draws=Draws(paths, values))


def test_numbers_that_are_less_known_weigh_more():
    shares = []
    for spread in (0.001, 0.3):
        found = figures_of_draws(uncertain_line(spread), draws=24, parts=300, replications=8, seed=0)
        shares.append(found["throughput"].shares)
    assert shares[0]["parameters"] < 0.05 < 0.5 < shares[1]["parameters"]


def test_the_command_tells_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = tmp_path / "line.toml"
    line.write_text(
        'schema = 1\n[line]\ndraws = "line.draws.csv"\n[source]\nmode = "saturated"\n[[station]]\nname = "S1"\n'
        'process = { model = "timed", time = { distribution = "exponential", mean = "9 s" } }\n'
    )
    values = tuple((float(value),) for value in np.linspace(8.0, 10.0, 12))
    (tmp_path / "line.draws.csv").write_text(draws_text(Draws(("S1.process.time.mean",), values)))
    done = invoke("run", "line.toml", "--parts", "200", "--replications", "6", "--draws", "12", "--json", "out.json")
    assert "where their variance comes from" in done.output
    found = json.loads((tmp_path / "out.json").read_text())["uncertainty"]["throughput"]
    assert found["variance"]["parameters"] > 0.1
    assert sum(found["variance"].values()) == pytest.approx(1.0)
    assert found["run95"][0] < found["mean"] < found["run95"][1]


def test_a_line_without_draws_is_refused():
    done = invoke("run", "reference", "--parts", "50", "--draws", "5", code=2)
    assert "reference has no draws in its file, and no network works in it" in done.output
