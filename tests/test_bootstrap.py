"""The way in: run.py needs nothing but Python, recovers from interruptions, and its locks name only public hosts."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

import run

ROOT = Path(run.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
UV_LOCK = (ROOT / "uv.lock").read_text()
REQUIREMENTS = (ROOT / "requirements.lock").read_text()
LOCKED = [package for package in tomllib.loads(UV_LOCK)["package"] if package["name"] != "linetwin"]
HEAVY = {"imageio-ffmpeg", "usd-core"}
"""Of extras that run.py leaves out, for their size and licence (docs/setup.md)."""


def plain(name: str) -> str:
    """A distribution's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


class TestScript:
    SOURCE = (ROOT / "run.py").read_text()

    def test_is_short(self):
        assert len(self.SOURCE.splitlines()) <= 95

    def test_imports_only_the_standard_library(self):
        imported = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(self.SOURCE))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert imported <= sys.stdlib_module_names

    def test_is_read_by_a_python_that_is_too_old(self):
        ast.parse(self.SOURCE, feature_version=(3, 7))

    def test_python_too_old(self):
        message = run.too_old((3, 10, 13, "final", 0))
        assert message == "Linetwin needs Python 3.11 or newer; this is 3.10.13. Try python3.11 run.py."

    @pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
    def test_python_new_enough(self, version):
        assert run.too_old(version) == ""

    def test_checks_here_are_those_of_ci_and_of_pre_commit(self):
        assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text()
        assert "entry: python3 run.py test\n" in (ROOT / ".pre-commit-config.yaml").read_text()


class Steps:
    """Stands in for `subprocess.call`: writes down what would run, and fails where told to."""

    def __init__(self, failing: str = "nothing") -> None:
        self.failing = failing
        self.ran: list[str] = []

    def __call__(self, words: list[str], **_options: object) -> int:
        self.ran.append(" ".join(words))
        return int(self.failing in self.ran[-1])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty checkout without uv on the PATH; `set_up` works in it and starts nothing."""
    for name in ("uv.lock", "requirements.lock"):
        (tmp_path / name).write_text("locked")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "BIN", tmp_path / ".venv" / "bin")
    monkeypatch.setattr(run, "STAMP", tmp_path / ".venv-stamp")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "elsewhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("VIRTUAL_ENV", "elsewhere")
    return tmp_path


@pytest.fixture
def steps(monkeypatch):
    recorder = Steps()
    monkeypatch.setattr(subprocess, "call", recorder)
    return recorder


def program(path: Path) -> None:
    """An empty program that is there to be found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)


class TestSetUp:
    def test_with_pip_every_file_is_checked_against_its_hash(self, folder, steps):
        run.set_up()
        venv, locked, itself = steps.ran
        assert venv.endswith(f"-m venv {folder / '.venv'}")
        assert locked.endswith("--require-hashes -r requirements.lock")
        assert itself.endswith("--no-deps --no-build-isolation -e .")

    def test_with_uv_on_the_path(self, folder, steps):
        program(folder / "uv")
        run.set_up()
        assert len(steps.ran) == 1
        assert "sync --quiet --frozen" in steps.ran[0]

    def test_only_once(self, folder, steps):
        run.set_up()
        program(folder / ".venv" / "bin" / "python")
        steps.ran.clear()
        run.set_up()
        assert steps.ran == []

    @pytest.mark.parametrize("lock", ["uv.lock", "requirements.lock"])
    def test_again_and_from_scratch_when_a_lock_changed(self, folder, steps, lock):
        run.set_up()
        program(folder / ".venv" / "bin" / "python")
        steps.ran.clear()
        (folder / lock).write_text("changed")
        run.set_up()
        assert len(steps.ran) == 3
        assert not (folder / ".venv").exists()

    def test_an_interrupted_one_is_made_from_scratch(self, folder, monkeypatch):
        monkeypatch.setattr(subprocess, "call", Steps(failing="requirements.lock"))
        with pytest.raises(SystemExit, match=r"stopped at `.*requirements.lock`: mend what it says above, then run"):
            run.set_up()
        assert run.STAMP.read_text() == "unfinished"
        program(folder / ".venv" / "bin" / "python")
        monkeypatch.setattr(subprocess, "call", Steps())
        run.set_up()
        assert not (folder / ".venv").exists()
        assert run.STAMP.read_text() == run.wanted()

    @pytest.mark.usefixtures("steps")
    def test_an_environment_of_your_own_is_kept(self, folder):
        program(folder / ".venv" / "bin" / "python")
        run.set_up()
        assert (folder / ".venv" / "bin" / "python").exists()

    @pytest.mark.usefixtures("folder", "steps")
    def test_without_venv_the_package_is_named(self, monkeypatch):
        monkeypatch.setattr(run.importlib.util, "find_spec", lambda _name: None)
        with pytest.raises(SystemExit, match=r"apt-get install python3\.\d+-venv"):
            run.set_up()


@pytest.mark.usefixtures("folder")
class TestMain:
    def test_no_words_are_the_main_job(self, steps, capsys):
        assert run.main([]) == 0
        shown = [line[2:] for line in capsys.readouterr().out.splitlines() if line.startswith("$ ")]
        assert shown == run.MAIN_JOB
        assert all(command.split()[0] in ("linetwin", "python") for command in run.MAIN_JOB)
        assert len(steps.ran) == 3 + len(run.MAIN_JOB)

    def test_every_check_runs_and_the_failed_ones_are_named(self, monkeypatch):
        steps = Steps(failing="ruff check")
        monkeypatch.setattr(subprocess, "call", steps)
        assert run.main(["test"]) == "Failed: ruff check ."
        assert len(steps.ran) == 3 + len(run.CHECKS)

    def test_words_after_test_are_pytests(self, steps):
        run.main(["test", "-m", "slow or gpu"])
        assert steps.ran[-1].endswith("pytest -m slow or gpu")

    def test_other_words_are_linetwins_and_so_is_the_exit_code(self, monkeypatch):
        steps = Steps(failing="linetwin check")
        monkeypatch.setattr(subprocess, "call", steps)
        assert run.main(["check", "line.toml"]) == 1
        assert steps.ran[-1].endswith("linetwin check line.toml")


class TestLocks:
    @pytest.mark.parametrize("text", [UV_LOCK, REQUIREMENTS], ids=["uv.lock", "requirements.lock"])
    def test_name_public_hosts_only(self, text):
        assert set(re.findall(r"\w+://([^/\"\s]*)", text)) <= {"pypi.org", "files.pythonhosted.org"}
        assert not re.search(r"file:|--(extra-)?index-url|--find-links| @ ", text)

    def test_take_every_file_from_the_public_index(self):
        files = [file for package in LOCKED for file in [*package.get("wheels", []), package.get("sdist")] if file]
        assert {str(package["source"]) for package in LOCKED} == {"{'registry': 'https://pypi.org/simple'}"}
        assert [file for file in files if not file.get("url", "").startswith("https://files.pythonhosted.org/")] == []
        assert [file for file in files if not file.get("hash", "").startswith("sha256:")] == []

    def test_hold_every_dependency_with_its_bound(self):
        (linetwin,) = (package for package in tomllib.loads(UV_LOCK)["package"] if package["name"] == "linetwin")
        project, metadata = PROJECT["project"], linetwin["metadata"]
        extras = {f"extra == '{name}'": needs for name, needs in project["optional-dependencies"].items()}
        wanted = {"": project["dependencies"], **extras, **PROJECT["dependency-groups"]}
        locked = {mark: [] for mark in ("", *extras)} | metadata["requires-dev"]
        for entry in metadata["requires-dist"]:
            locked[entry.get("marker", "")].append(entry)
        assert wanted.keys() == locked.keys()
        for group, requirements in wanted.items():
            parts = [re.split(r"(?:\[.*\])?(?=[<>=!~])", requirement, maxsplit=1) for requirement in requirements]
            bounds = {plain(name): set(bound.split(",")) for name, bound in parts}
            assert bounds == {entry["name"]: set(entry["specifier"].split(",")) for entry in locked[group]}

    def test_hold_all_that_the_packages_import(self):
        """Declared by name, not only brought along by something else; hints for types are for tests alone."""
        folders = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        nodes = [
            node
            for folder in folders
            for path in (ROOT / folder).rglob("*.py")
            for node in ast.walk(ast.parse(path.read_text()))
        ]
        imported = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
        known = packages_distributions()
        needed = {plain(known[name][0]) for name in imported - sys.stdlib_module_names - {*folders, "jaxtyping"}}
        project = PROJECT["project"]
        declared = chain(project["dependencies"], *project["optional-dependencies"].values())
        names = {plain(re.split(r"[\[<>=!~]", one)[0]) for one in declared}
        brought = {"pydantic-core", "threadpoolctl", "vtk"}  # by pydantic, scikit-learn and pyvista, whose own they are
        assert needed - brought <= names
        assert "orbax-checkpoint" in needed

    def test_agree_with_each_other(self):
        exported = re.findall(r"^([\w.-]+)==([^\s;\\]+)", REQUIREMENTS, re.MULTILINE)
        installed = [package for package in LOCKED if package["name"] not in HEAVY]
        assert set(exported) == {(package["name"], package["version"]) for package in installed}
        files = [file for p in installed for file in (*p.get("wheels", ()), *([p["sdist"]] if "sdist" in p else ()))]
        assert set(re.findall(r"sha256:\w+", REQUIREMENTS)) == {file["hash"] for file in files}

    def test_fork_where_jax_does(self):
        versions = {package["version"] for package in LOCKED if package["name"] == "jax"}
        assert "0.10.1" in versions
        assert "0.10.2" not in versions
        assert "jax==0.10.1 ; python_full_version < '3.12'" in REQUIREMENTS
        assert len(versions) == 2
