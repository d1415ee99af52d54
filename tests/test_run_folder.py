"""Run folders: the exact inputs, whole or not there; the same work goes on, other work is refused, saying why."""

import json
import shutil

import pytest

from benchmarks import toy_work
from scenarios.inputs import named_files
from scenarios.run_folder import begin_run, open_run, read_run
from scenarios.run_sweep import sweep
from scenarios.work import SweepError
from twin.spec import load_line

LINE = """
schema = 1
[source]
mode = "orders"
file = "data/orders.csv"
[[product]]
name = "A"
[[station]]
name = "S1"
process = { model = "recorded", file = "times.csv", column = "S1" }
"""


@pytest.fixture
def study(tmp_path):
    """A study in one folder, its line in another, data in a third."""
    plant = tmp_path / "plant"
    for folder in ("lines/data", "studies"):
        (plant / folder).mkdir(parents=True)
    (plant / "lines/line.toml").write_text(LINE)
    (plant / "lines/data/orders.csv").write_text("order,product,quantity\n1,A,3\n")
    (plant / "lines/times.csv").write_text("S1\n4\n5\n6\n")
    (plant / "lines/slow.csv").write_text("S1\n14\n15\n16\n")
    file = plant / "studies/study.toml"
    file.write_text(
        'line = "../lines/line.toml"\nhorizon = "1 h"\n'
        '[[scenario]]\nname = "slow"\nset = { "S1.process.file" = "slow.csv" }\n'
    )
    return file


def begin(folder, study, **options):
    return begin_run(folder, study, command=["linetwin", "whatif", str(study), "--json", "out.json"], **options)


class TestInputs:
    def test_are_all_that_is_named(self, study):
        place, files = named_files(study)
        assert place == "studies/study.toml"
        assert set(files) == {
            place,
            "lines/line.toml",
            "lines/data/orders.csv",
            "lines/times.csv",
            "lines/slow.csv",
        }

    def test_are_copied_byte_by_byte_and_read_as_before(self, study, tmp_path):
        run = begin(tmp_path / "run", study)
        _, files = named_files(study)
        for name, file in files.items():
            assert (run.folder / "inputs" / name).read_bytes() == file.read_bytes()
        before = load_line(study.parent / "../lines/line.toml")
        shutil.rmtree(study.parent.parent)
        assert load_line(run.main.parent / "../lines/line.toml") == before

    def test_hold_a_line_of_the_library(self, tmp_path):
        study = tmp_path / "study.toml"
        study.write_text('line = "reference"\n')
        run = begin(tmp_path / "run", study)
        assert load_line(run.main.with_name("reference")) == load_line("reference")

    def test_of_a_line_alone(self, study):
        place, files = named_files(study.parent.parent / "lines/line.toml")
        assert place == "line.toml"
        assert set(files) == {"line.toml", "data/orders.csv", "times.csv"}

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('line = "none.toml"', r"names the line 'none\.toml'; neither a file nor one of .*reference.*\. Correct"),
            ('line = "/plant/line.toml"', r"by a path from the root; .*\. Name it relative to the folder of that file"),
            ("line = ", r"is not valid TOML \(.*\)\. Correct it\."),
            ('[source]\nfile = "none.csv"', r"names 'none\.csv'; there is no such file beside it\. Put it there\."),
            (f'line = "{"../" * 60}line.toml"', r"names the line|above the root of the disk\. Name them relative"),
        ],
    )
    def test_that_cannot_be_copied(self, tmp_path, text, message):
        study = tmp_path / "study.toml"
        study.write_text(text)
        with pytest.raises(ValueError, match=message):
            begin(tmp_path / "run", study)
        assert not (tmp_path / "run").exists()

    def test_that_are_not_there(self, tmp_path):
        with pytest.raises(SweepError, match=r"study\.toml' cannot be read \(No such file or directory\)\. Check its"):
            begin(tmp_path / "run", tmp_path / "study.toml")


class TestFolder:
    def test_says_what_and_how(self, study, tmp_path):
        run = begin(tmp_path / "run", study, settings={"seed": 3, "replications": 64})
        about = json.loads((run.folder / "run.json").read_text())
        assert about["settings"] == {"seed": 3, "replications": 64}
        assert {"jax", "linetwin", "numpy"} <= set(about["versions"])
        assert about["again"] == ["linetwin", "whatif", "inputs/studies/study.toml", "--json", "out.json"]
        assert "linetwin whatif inputs/studies/study.toml --json out.json\n" in (run.folder / "README.txt").read_text()
        assert sorted(path.name for path in run.folder.iterdir()) == ["README.txt", "inputs", "run.json"]

    def test_is_the_same_for_the_same_work(self, study, tmp_path):
        runs = [begin(tmp_path / name, study) for name in ("one", "two")]
        assert runs[0].hash == runs[1].hash
        assert runs[0].about == runs[1].about

    def test_is_whole_or_not_there(self, study, tmp_path, monkeypatch):
        def fail(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(shutil, "copyfile", fail)
        with pytest.raises(SweepError, match=r"cannot be made \(No space left on device\)\. Choose another place\."):
            begin(tmp_path / "run", study)
        assert [path.name for path in tmp_path.iterdir()] == ["plant"]

    def test_that_is_there_is_not_overwritten(self, study, tmp_path):
        begin(tmp_path / "run", study)
        with pytest.raises(SweepError, match=r"is there already; .* Go on with what is in it by --resume, or name"):
            begin(tmp_path / "run", study)

    def test_may_be_there_and_empty(self, study, tmp_path):
        (tmp_path / "run").mkdir()
        assert begin(tmp_path / "run", study).main.is_file()

    def test_in_a_folder_that_is_not_there(self, study, tmp_path):
        with pytest.raises(SweepError, match=r"cannot be made \(No such file or directory\)\. Choose another place\."):
            begin(tmp_path / "none" / "run", study)


class TestGoingOn:
    def test_with_the_same(self, study, tmp_path):
        run = begin(tmp_path / "run", study, settings={"seed": 3})
        assert begin(tmp_path / "run", study, settings={"seed": 3}, resume=True) == run

    def test_with_nothing(self, study, tmp_path):
        with pytest.raises(
            SweepError, match=r"is no run folder; .* Leave --resume out to begin one, or check the name"
        ):
            begin(tmp_path / "run", study, resume=True)

    def test_with_changed_inputs(self, study, tmp_path):
        begin(tmp_path / "run", study)
        (study.parent.parent / "lines/times.csv").write_text("S1\n4\n")
        with pytest.raises(
            SweepError, match=r"holds other work: 'lines/times\.csv' changed since\. Go on with what it"
        ):
            begin(tmp_path / "run", study, resume=True)

    def test_with_other_settings(self, study, tmp_path):
        begin(tmp_path / "run", study, settings={"seed": 3})
        with pytest.raises(SweepError, match=r"holds other work: seed changed since"):
            begin(tmp_path / "run", study, settings={"seed": 4}, resume=True)

    def test_with_another_version(self, study, tmp_path):
        run = begin(tmp_path / "run", study)
        about = {**run.about, "versions": {**run.about["versions"], "jax": "0.1"}}
        (run.folder / "run.json").write_text(json.dumps(about))
        with pytest.raises(
            SweepError, match=r"was begun with jax 0\.1, this is .*; a table is made by one version\. Go"
        ):
            open_run(run.folder)

    def test_with_a_copy_that_was_changed(self, study, tmp_path):
        run = begin(tmp_path / "run", study)
        run.main.write_text('line = "reference"\n')
        with pytest.raises(
            SweepError, match=r"is not what was copied there; a run has one set of inputs\. Put it back"
        ):
            open_run(run.folder)

    def test_from_a_newer_one(self, study, tmp_path):
        run = begin(tmp_path / "run", study)
        (run.folder / "run.json").write_text(json.dumps({**run.about, "schema": 2}))
        with pytest.raises(SweepError, match=r"was begun by a newer linetwin\. Go on with that one\."):
            read_run(run.folder)

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "x"}', "\0"])
    def test_from_a_damaged_one(self, study, tmp_path, text):
        run = begin(tmp_path / "run", study)
        (run.folder / "run.json").write_text(text)
        with pytest.raises(SweepError, match=r"run\.json' is damaged; it is left as it is\. Begin in another folder\."):
            read_run(run.folder)

    def test_after_a_kill_before_the_first_block(self, tmp_path):
        folder = toy_work.begin_toy(tmp_path / "run")
        assert len(sweep(folder, toy_work.NAME, resume=True)) == 12

    def test_in_a_copy_elsewhere(self, tmp_path):
        folder = toy_work.begin_toy(tmp_path / "run")
        table = sweep(folder, toy_work.NAME)
        folder.rename(tmp_path / "moved")
        assert sweep(tmp_path / "moved", toy_work.NAME, resume=True) == table
