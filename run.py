"""Set up Linetwin and run it, with nothing but Python: `python3 run.py` or `python3 run.py test`."""

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

MAIN_JOB = [  # what a newcomer sees first; each is printed before it runs
    "linetwin check bottling",
    "linetwin run bottling --horizon '8 h' --replications 64",
    "python examples/bottling_compared.py",
    "python examples/learned_line.py",
    "linetwin run housing --horizon '24 h' --report",
    "python examples/oven_learned.py",
    "linetwin whatif buffers",
    "linetwin optimise workload",
]
CHECKS = ["ruff format --check .", "ruff check .", "pyright", "lint-imports", "pytest -n 2"]
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
NO_VENV = "This Python has no venv: install it (Debian: apt-get install python{}.{}-venv), then run this again."
STAMP = ROOT / ".venv-stamp"  # which locks .venv holds; "unfinished" while that is being changed


def too_old(version):
    """Say what to do about a Python that is too old; empty for one that will do."""
    found = ".".join(str(number) for number in version[:3])
    return "" if version >= (3, 11) else f"Linetwin needs Python 3.11 or newer; this is {found}. Try python3.11 run.py."


def wanted():
    """What the stamp has to say: the locks, and this folder, because an environment cannot be moved."""
    locks = [(ROOT / name).read_bytes() for name in ("uv.lock", "requirements.lock")]
    return hashlib.sha256(b"".join([*locks, str(ROOT).encode()])).hexdigest()


def set_up():
    """Make .venv hold what the locks say; one that was left unfinished, is outdated or was moved is made anew."""
    stamp = STAMP.read_text() if STAMP.exists() else ""
    if stamp == wanted() and shutil.which("python", path=str(BIN)):
        return
    uv = shutil.which("uv")
    if uv:
        os.environ["UV_PROJECT_ENVIRONMENT"] = str(VENV)
        options = ["--quiet", "--frozen", "--no-build-isolation-package", "linetwin"]
        steps = [[uv, "sync", *options, "--python", sys.executable]]
    elif not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        sys.exit(NO_VENV.format(*sys.version_info))
    else:
        pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        steps = [
            [sys.executable, "-m", "venv", str(VENV)],
            [*pip, "--require-hashes", "-r", "requirements.lock"],
            [*pip, "--no-deps", "--no-build-isolation", "-e", "."],
        ]
    print("Setting up .venv: once, a few minutes, about 550 MB to fetch.", flush=True)
    STAMP.write_text("unfinished")
    if stamp and VENV.exists():
        shutil.rmtree(str(VENV))
    for step in steps:
        if subprocess.call(step, cwd=str(ROOT)):
            sys.exit(f"The set-up stopped at `{' '.join(step)}`: mend what it says above, then run this again.")
    STAMP.write_text(wanted())


def main(words):
    """Set up; then the main job (no words), the checks (`test`), pytest (`test WORDS`) or linetwin (WORDS)."""
    set_up()
    os.environ.update(PATH=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", VIRTUAL_ENV=str(VENV))
    if words and words[0] != "test":
        return subprocess.call([str(BIN / "linetwin"), *words])
    failed = []
    for command in ["pytest " + shlex.join(words[1:])] if words[1:] else CHECKS if words else MAIN_JOB:
        print(f"\n$ {command}", flush=True)
        program, *rest = shlex.split(command)
        if subprocess.call([str(BIN / program), *rest], cwd=str(ROOT)):
            failed.append(command)
    return "Failed: " + "; ".join(failed) if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(too_old(sys.version_info) or main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted: run the same again to go on.")
    except OSError as problem:
        sys.exit(f"Stopped: {problem}")
