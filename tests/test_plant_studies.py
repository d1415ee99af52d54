"""Studies on measured plants: on made-up data of known truth, and, where they lie beside the project, on real data."""

import os
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn_absent import sklearn_or_skip

from examples.synthetic_plant import CONDITIONS, DELAY, REST, write
from surrogates.baselines import linear, mean
from surrogates.columns import read_columns
from surrogates.compare import compare
from surrogates.plant import machine_energy, moulding, plant_energy
from surrogates.plant._network import train_ensemble
from surrogates.plant.models import formula, hybrid, network, seeing
from surrogates.splits import leave_one_group_out

ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plant")
    write(folder)
    return folder


def real(name: str) -> Path:
    if not (REAL / name).exists():
        pytest.skip(f"the data set {name} is not here; name the folder that holds it by LINETWIN_DATA_ROOT")
    return REAL / name


def whole_groups(table, seed):
    return leave_one_group_out(table.groups)


def test_settings_come_from_labels_and_machine(made: Path) -> None:
    cycles = moulding.read_cycles(made / "rif_injection_screw_chain")
    raw = read_columns(made / "rif_injection_screw_chain" / "injection_lower_cycles.csv.gz")
    assert len(cycles["weight"]) == sum(raw["file_name"] != "Missing") < len(raw["weight"])
    here = cycles["condition"] == "glass_fiber_content_20"
    assert set(cycles["fibre"][here]) == {20.0}
    assert set(cycles["fibre_before"][here]) == {30.0}
    assert cycles["shots_since_change"][here][0] <= 1
    overnight = cycles["condition"] == "switching_point_16"
    assert set(cycles["fibre_before"][overnight]) == {30.0}  # not the 10 % of the evening before
    assert cycles["shots_since_pause"][overnight][0] == 0
    assert cycles["shots_since_pause"].max() < len(raw["weight"]) / 2 + 100
    assert set(cycles["cooling_time"]) == {25.0, 26.0, 28.0}
    assert set(cycles["mould_temperature"]) == {30.0, 40.0, 50.0}
    assert sorted(set(cycles["condition"])) == sorted(CONDITIONS)


def test_cycle_formula_finds_the_rest(made: Path) -> None:
    table = moulding.moulding_table(moulding.read_cycles(made / "rif_injection_screw_chain"))
    predict = moulding.cycle_formula(table.x, table.y[:, 1:], seed=0)
    named = {name: table.columns[name] for name in moulding.INPUTS}
    truth = REST + named["cooling_time"] + moulding.filling_time(named)
    np.testing.assert_allclose(predict(table.x)[:, 0], truth, atol=0.005)


def test_weight_formula_finds_the_delay_and_holds_on_conditions_left_out(made: Path) -> None:
    table = moulding.moulding_table(moulding.read_cycles(made / "rif_injection_screw_chain"))
    weight = replace(table, outputs={"weight": "g"})
    models = {"mean": mean, "linear": linear(), "formula": moulding.weight_formula()}
    models["without delay"] = moulding.weight_formula((0,))
    found = compare(weight, models, whole_groups, baselines=["mean", "linear"], seeds=1)
    assert found.scores["weight"]["formula"].r2.value > 0.99
    assert found.scores["weight"]["formula"].rmse.value < 0.5 * found.scores["weight"]["linear"].rmse.value
    assert found.verdicts["weight"]["formula"].better
    assert found.scores["weight"]["without delay"].rmse.value > found.scores["weight"]["formula"].rmse.value
    delays = (DELAY - 2.0, float(DELAY), DELAY + 2.0)
    errors = [
        np.abs(moulding.weight_formula((d,))(weight.x, weight.y, seed=0)(weight.x) - weight.y).max() for d in delays
    ]
    assert errors[1] == min(errors)


def test_screw_runs_find_their_cycle(made: Path) -> None:
    folder = made / "rif_injection_screw_chain"
    cycles = moulding.read_cycles(folder)
    table = moulding.chain_table(cycles, folder, predicted=cycles["weight"] + 1)
    assert len(table) == 2 * len(cycles["weight"])
    np.testing.assert_allclose(table.columns["weight_predicted"], table.columns["weight"] + 1)
    light = table.columns["weight"] < 74
    assert table.y[light].mean() > 0.2 > table.y[~light].mean()
    with pytest.raises(ValueError, match="no record of 'screw' finds its part at 'mould'"):
        moulding.chain_table(cycles | {"upper_workpiece_id": cycles["upper_workpiece_id"] + 10**6}, folder,
                             predicted=cycles["weight"])  # fmt: skip


def test_wrong_samples_are_named_and_steps_are_means(made: Path) -> None:
    samples, dirty = machine_energy.read_samples(made / "cnc_mill_tool_wear")
    assert [fault.reason for fault in dirty[:2]] == ["X position reads 198", "feed reads 50"]
    assert len(dirty) == 16
    table = machine_energy.step_table(samples)
    assert len(table) == 80
    first = samples["experiment"] == 1
    stage = samples["Machining_Process"][first]
    end = np.flatnonzero(stage != stage[0])[0]
    assert table.y[0, 0] == pytest.approx(1e3 * samples["S1_OutputPower"][first][:end].mean())
    assert table.columns["length"][0] == pytest.approx(0.1 * end)
    models = {"mean": mean, "formula": formula(machine_energy.gutowski)}
    axes = replace(table, outputs={"axes": "W"})
    found = compare(axes, models, whole_groups, baselines=["mean"], seeds=1)
    assert found.scores["axes"]["formula"].r2.value > 0.99
    with pytest.raises(ValueError, match="no step has 10"):
        machine_energy.step_table({name: values[:5] for name, values in samples.items()})


@pytest.mark.parametrize("ahead", [1, 4, 96, 200])
def test_loads_are_predicted_from_the_past_alone(made: Path, ahead: int) -> None:
    rows = plant_energy.read_load(made / "steel_industry_energy" / "steel_industry_2018_jan_sep.csv.gz")
    table = plant_energy.load_table(rows, ahead=ahead)
    moment = 3000
    changed = rows | {"load": np.where(np.arange(len(rows["load"])) > moment - ahead, 99.0, rows["load"])}
    place = moment - 2 * plant_energy.WEEK
    np.testing.assert_array_equal(plant_energy.load_table(changed, ahead=ahead).x[place], table.x[place])
    latest = rows | {"load": np.where(np.arange(len(rows["load"])) == moment - ahead, 99.0, rows["load"])}
    assert not np.array_equal(plant_energy.load_table(latest, ahead=ahead).x[place], table.x[place])
    names = list(table.inputs)
    assert table.x[place, names.index("load_1")] == rows["load"][moment - ahead]
    assert table.x[place, names.index("hour")] == pytest.approx(rows["load"][moment - ahead - 3 :][:4].mean())
    assert table.x[place, names.index("week_before")] == rows["load"][moment - 672]


def test_loads_out_of_order_are_refused(made: Path, tmp_path: Path) -> None:
    import gzip

    text = gzip.decompress((made / "steel_industry_energy" / "steel_industry_2018_jan_sep.csv.gz").read_bytes())
    lines = text.splitlines(keepends=True)
    (tmp_path / "load.csv").write_bytes(b"".join([*lines[:5], *lines[6:]]))
    with pytest.raises(ValueError, match="row 6 does not follow 900 s after the one before"):
        plant_energy.read_load(tmp_path / "load.csv")
    with pytest.raises(ValueError, match="ahead is 0"):
        plant_energy.load_table({}, ahead=0)


def test_networks_learn_what_lines_cannot_and_repeat_by_seed() -> None:
    draw = np.random.default_rng(0)
    x = draw.uniform(-2, 2, (400, 2)) * [1, 1e4]
    y = np.sin(2 * x[:, :1]) + 1e3
    members = train_ensemble(x, y, hidden=(16, 16), steps=1000)
    found = members(x)
    assert found.shape == (4, 400, 1)
    assert np.abs(found.mean(axis=0) - y).mean() < 0.1
    assert found.std(axis=0).min() > 0
    np.testing.assert_array_equal(train_ensemble(x, y, hidden=(16, 16), steps=1000)(x[:7]), found[:, :7])
    with pytest.raises(ValueError, match="steps is 150"):
        train_ensemble(x, y, steps=150)


def test_a_hybrid_adds_what_the_formula_misses() -> None:
    x = np.linspace(-2, 2, 300)[:, None]
    y = 30 * x + np.sin(3 * x)
    both = hybrid(linear(0), network(hidden=(16, 16), steps=1000))
    assert np.abs(both(x, y, seed=0)(x) - y).mean() < 0.2
    assert np.abs(linear()(x, y, seed=0)(x) - y).mean() > 0.5
    blind = seeing(linear(0), [0])(np.column_stack([x, y]), y, seed=0)
    np.testing.assert_allclose(blind(np.column_stack([x, 9 * y])), linear(0)(x, y, seed=0)(x))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "data"),
    [
        ("plant_moulding", "rif_injection_screw_chain"),
        ("plant_machine_energy", "cnc_mill_tool_wear"),
        ("plant_energy", "steel_industry_energy/steel_industry_2018_jan_sep.csv.gz"),
    ],
)
def test_studies_write_their_page(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, data: str
) -> None:
    sklearn_or_skip("ensemble")
    words = [script, "--data", str(made / data), "--seeds", "1", "--page", str(tmp_path / "page.md")]
    monkeypatch.setattr(sys, "argv", words)
    runpy.run_path(str(ROOT / "examples" / f"{script}.py"), run_name="__main__")
    text = (tmp_path / "page.md").read_text()
    assert text.startswith("# ")
    assert text.count("boosted trees") >= 4
    assert "better than" in text
    assert "nan" not in text


@pytest.mark.slow
def test_real_moulding() -> None:
    cycles = moulding.read_cycles(real("rif_injection_screw_chain"))
    table = moulding.moulding_table(cycles)
    assert len(table) == 4881
    weight = replace(table, outputs={"weight": "g"})
    models = {"mean": mean, "formula": moulding.weight_formula()}
    found = compare(weight, models, whole_groups, baselines=["mean"], seeds=1)
    assert found.scores["weight"]["formula"].r2.value > 0.95
    error = {}
    for delay in (8.0, 14.0, 20.0):  # shots until a new material reaches the mould
        predict = moulding.weight_formula((delay,))(weight.x, weight.y, seed=0)
        error[delay] = np.square(predict(weight.x) - weight.y).mean()
    assert min(error, key=lambda delay: error[delay]) == 14.0


@pytest.mark.slow
def test_real_machine_energy() -> None:
    samples, dirty = machine_energy.read_samples(real("cnc_mill_tool_wear"))
    assert len(dirty) + len(samples["sample"]) == 25286
    table = replace(machine_energy.step_table(samples), outputs={"axes": "W"})
    models = {"mean": mean, "formula": formula(machine_energy.gutowski)}
    found = compare(table, models, whole_groups, baselines=["mean"], seeds=1)
    assert found.scores["axes"]["formula"].r2.value > 0.95


@pytest.mark.slow
def test_real_plant_energy() -> None:
    rows = plant_energy.read_load(real("steel_industry_energy") / "steel_industry_2018_jan_sep.csv.gz")
    assert len(rows["load"]) == 26208
    assert rows["load"].mean() == pytest.approx(28.1, abs=1.0)
    assert len(plant_energy.load_table(rows)) == 26208 - 2 * plant_energy.WEEK
