"""Lines that run on surrogates: from files, from the set that ships, where they may be trusted and where not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import surrogates
from scenarios.cli import app
from twin.errors import LineError
from twin.kpi import kpis
from twin.outside import visits_outside
from twin.physics import FAMILIES, Machining
from twin.run import simulate
from twin.spec import load_line, read_line
from twin.store import line_hash

RECIPE = surrogates.Recipe(hidden=(16,), members=3, steps=200, finish=500, chunk=50)
NARROW = {"drill_speed": (2.0, 3.5)}
"""m/s; the window of the machine goes from 1 to 4.3, and work is done at 2.7."""


@cache
def narrow() -> surrogates.Surrogate:
    return surrogates.train(Machining(), cases=512, recipe=RECIPE, box=NARROW)


def cell(process: str, drill_speed: str = "160 m/min") -> str:
    return f"""
schema = 1
[line]
name = "cell"
[source]
mode = "saturated"
[[station]]
name = "saw"
process = {{ model = "timed", time = {{ distribution = "constant", mean = "150 s" }} }}
[[station]]
name = "mill"
buffer = 2
process = {process}
finds = {{ all = 1.0 }}
[station.setpoints]
drill_speed = {{ value = "{drill_speed}", released = ["120 m/min", "230 m/min"], machine = ["60 m/min", "260 m/min"] }}
"""


FROM_FILE = '{ model = "surrogate", file = "mill.surrogate", outside = "OUTSIDE" }'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    surrogates.save(narrow(), tmp_path / "mill.surrogate")
    return tmp_path


def run(line: Any, **how: Any) -> Any:
    return simulate(line, parts=40, replications=3, seed=2, **how)


def test_a_line_file_names_a_surrogate(folder: Path) -> None:
    line = read_line(cell(FROM_FILE.replace("OUTSIDE", "flag")), folder)
    exact = read_line(cell('{ model = "machining" }'), folder)
    found, true = run(line), run(exact)
    np.testing.assert_allclose(kpis(found)["throughput"].values, kpis(true)["throughput"].values, rtol=1e-3)
    outside = visits_outside(found)
    assert outside is not None
    assert outside.stations["mill"].run.sum() == 0
    assert line_hash(line) != line_hash(exact)
    assert line_hash(line) == line_hash(read_line(cell(FROM_FILE.replace("OUTSIDE", "flag")), folder))


def test_outside_its_box_the_run_is_that_of_first_principles(folder: Path) -> None:
    """Drills at 220 m/min (3.67 m/s) are beyond what was learned."""
    line = read_line(cell(FROM_FILE.replace("OUTSIDE", "first principles"), "220 m/min"), folder)
    true = run(read_line(cell('{ model = "machining" }', "220 m/min"), folder))
    found = run(line)
    np.testing.assert_array_equal(found.visits["depart"], true.visits["depart"])
    outside = visits_outside(found)
    assert outside is not None
    assert outside.repeated.all()
    mill = outside.stations["mill"]
    assert (mill.inputs["drill_speed"] == mill.run).all()
    assert sum(counts.sum() for name, counts in mill.inputs.items() if name != "drill_speed") == 0
    refusing = read_line(cell(FROM_FILE.replace("OUTSIDE", "refuse"), "220 m/min"), folder)
    with pytest.raises(LineError, match=r"mill.*drill_speed"):
        run(refusing)
    flagged = run(read_line(cell(FROM_FILE.replace("OUTSIDE", "flag"), "220 m/min"), folder))
    assert not visits_outside(flagged).repeated.any()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("process", "words"),
    [
        ('{ model = "surrogate", file = "none.surrogate" }', "none.surrogate"),
        ('{ model = "surrogate", file = "text.surrogate" }', "linetwin train"),
        ('{ model = "surrogate", file = "mill.surrogate", drilled = "1 m" }', "holds for that alone"),
        ('{ model = "surrogate", file = "mill.surrogate", drilld = "1 m" }', "drilled"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(folder: Path, process: str, words: str) -> None:
    (folder / "text.surrogate").write_text("no zip")
    with pytest.raises(LineError, match=words):
        read_line(cell(process), folder)


def test_numbers_that_were_not_learned_are_free(folder: Path) -> None:
    process = FROM_FILE.replace(' outside = "OUTSIDE"', ' swap = "10 s"')
    slow = run(read_line(cell(process), folder))
    assert (
        kpis(slow)["throughput"].mean < 0.8 * kpis(run(read_line(cell('{ model = "machining" }'))))["throughput"].mean
    )


def test_the_set_that_ships_fits_the_default_line() -> None:
    line = load_line("housing")
    found = surrogates.with_surrogates(line, every=True)
    learned = {s.name: s.process.model for s in found.stations if s.process.model == "surrogate"}
    assert set(learned) == {"cast", "mill", "cure"}
    for name in learned:
        digest = found.station(name).process.digest
        assert len(digest) == 64
        model = line.station(name).process.model
        assert surrogates.load(surrogates.SHIPPED / f"{model}.surrogate").problem.name == model
    faster = surrogates.with_surrogates(line)
    assert {s.name for s in faster.stations if s.process.model == "surrogate"} == {"cast", "cure"}
    assert faster.station("mill") == line.station("mill")
    again = surrogates.with_surrogates(line, every=True)
    assert [type(s.process.behaviour) for s in again.stations] == [type(s.process.behaviour) for s in found.stations]
    reference = load_line("reference")
    assert surrogates.with_surrogates(reference) == reference
    other = replace(
        line.station("mill"), process=replace(line.station("mill").process, behaviour=Machining(bored=3e-5))
    )
    kept = replace(line, stations=tuple(other if s.name == "mill" else s for s in line.stations))
    assert surrogates.with_surrogates(kept, every=True).station("mill") == other


@pytest.mark.parametrize("model", ["die_casting", "die_casting_section", "machining", "oven"])
def test_the_set_that_ships_is_exact_enough(model: str) -> None:
    """R² at least 0.999 on fresh points, and 99 in 100 temperatures within 1 K."""
    found = surrogates.load(surrogates.SHIPPED / f"{model}.surrogate")
    problem = found.problem
    assert problem.numbers == surrogates.problem_of(FAMILIES[model]()).numbers
    x = surrogates.design(problem.low, problem.high, 1000 if "section" in model else 4000, kind="random", seed=4711)
    true, told = problem.truth(x), found.predict(x)
    r2 = 1 - ((told - true) ** 2).sum(axis=0) / ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    assert (r2 > 0.999).all()
    kelvin = [k for k, about in enumerate(problem.outputs.values()) if about.unit == "degC"]
    assert (np.quantile(np.abs(told - true)[:, kelvin], 0.99, axis=0) < 1.0).all()


@pytest.mark.slow
def test_housing_makes_the_same_on_surrogates() -> None:
    """Paired differences of 64 replications of 1,000 parts: within a tenth of the KPI's own interval."""
    line = load_line("housing")
    found, true = (
        kpis(simulate(one, parts=1000, replications=64, seed=1, record="kpis"))
        for one in (surrogates.with_surrogates(line), line)
    )
    for name in ("throughput", "oee", "energy_per_good_part", "scrap_rate", "lead_time", "co2"):
        low, high = true[name].ci95
        assert abs(found[name].mean - true[name].mean) < (high - low) / 10, name


def test_the_command_line_runs_on_surrogates(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "reference", "--horizon", "1 h", "--surrogates"])
    assert result.exit_code == 2
    assert "--surrogates" in result.output
    assert "die_casting" in result.output


def test_a_network_that_is_slower_is_only_used_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "cell.toml").write_text(cell('{ model = "machining" }'))
    words = ["run", str(tmp_path / "cell.toml"), "--horizon", "1 h", "--no-page"]

    def ask(*options: str) -> Result:
        return CliRunner().invoke(app, [*words, *options])

    refused = ask("--surrogates")
    assert refused.exit_code == 2
    assert "--all-surrogates" in refused.output
    told = ask("--all-surrogates", "--json", "-")
    assert told.exit_code == 0
    assert list(json.loads(told.output)["outside"]["stations"]) == ["mill"]
