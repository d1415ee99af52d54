"""Kills workers, and everything, at random moments of a sweep, and checks that nothing finished is lost or doubled.

    python -m benchmarks.kill_sweeps --json benchmarks/results/kill_sweeps.json

A sweep of 1,000 runs, one a block, is computed by four workers while 200 of them are killed (SIGKILL), and 20 times
everything: the sweep's process and all its workers. The moments are random: after as many finished blocks as chance has
it, and some milliseconds, so that starts, computations and writes are all met. Each time everything is dead, the ledger
is copied and read as the kill left it. Then fewer kills at 1, 2 and 4 workers and several batches, and real runs of the
line `reference`, 400 cases by two workers. Checked:

- lost: a block that had been told as finished, or was in the ledger, and is not there after a kill;
- doubled: a case that is in the table twice;
- repeats: blocks that were begun again, by the process that had begun them before: a killed one, one block for each;
- table: its bytes are those of a sweep in one process that nobody disturbed.

But for the last, blocks only wait (`benchmarks/toy_work.py`): what is tried is the ledger, not the simulation.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import twin_work
from benchmarks.toy_work import NAME, begin_toy, open_toy, repeats, row
from scenarios.ledger import Ledger
from scenarios.run_sweep import sweep
from scenarios.worker import LEDGER

DRIVE = """
import sys
from scenarios.run_sweep import sweep
folder, name, workers, batch = sys.argv[1:]
tell = lambda *told: print(*told, flush=True)
sweep(folder, name, workers=int(workers), batch=int(batch), resume=True, progress=tell)
"""


class Driver:
    """A process that sweeps, its workers, and how far it says it is.

    Args:
        folder: a run folder.
        workers: processes that compute.
        batch: blocks that each takes at a time.
        name: of the work.
    """

    def __init__(self, folder: Path, workers: int, batch: int, name: str) -> None:
        self.done = 0
        self._process = subprocess.Popen(
            [sys.executable, "-c", DRIVE, str(folder), name, str(workers), str(batch)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith("\n"):
                self.done = int(line.split()[0])

    @property
    def works(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_for(self, true: Callable[[Driver], bool]) -> None:
        """Wait for something, or its end; a minute at most."""
        deadline = time.monotonic() + 60
        while self.works and not true(self):
            if time.monotonic() > deadline:
                raise TimeoutError("nothing happens any more")
            time.sleep(0.002)

    def workers(self) -> list[psutil.Process]:
        """Its workers that are alive."""
        try:
            found = psutil.Process(self._process.pid).children()
            return [child for child in found if child.status() != psutil.STATUS_ZOMBIE]
        except psutil.NoSuchProcess:
            return []

    def kill_everything(self) -> set[int]:
        """Kill it and its workers; returns their ids. It is stopped first, so that it starts no more."""
        self._process.send_signal(signal.SIGSTOP)
        victims = self.workers()
        for victim in victims:
            victim.kill()
        self._process.kill()
        psutil.wait_procs(victims, timeout=30)
        self.finish()
        return {victim.pid for victim in victims} | {self._process.pid}

    def finish(self) -> int:
        """Wait for its end; returns its exit code."""
        code = self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()
        return code


@dataclass
class Found:
    """What was seen in a sweep that was disturbed."""

    workers: int
    batch: int
    name: str = NAME
    kills_of_workers: int = 0
    kills_of_everything: int = 0
    killed: set[int] = field(default_factory=set)
    lost: int = 0
    doubled: int = 0
    finished: set[str] = field(default_factory=set)
    table: str = ""
    repeats: int = 0
    most_repeats_of_one_process: int = 0
    repeats_of_living: int = 0

    def sound(self, undisturbed: str) -> bool:
        """Whether nothing is lost or doubled, at most one block repeated for each kill, and the table is right."""
        bad = (self.lost, self.doubled, self.repeats_of_living, self.most_repeats_of_one_process > 1)
        return not any(bad) and self.table == undisturbed

    def told(self, undisturbed: str) -> dict[str, Any]:
        """As it stands in the results."""
        names = ("name", "workers", "batch", "kills_of_workers", "kills_of_everything", "lost", "doubled", "repeats")
        more = ("most_repeats_of_one_process", "repeats_of_living")
        same = {"processes_killed": len(self.killed), "table_is_the_same": self.table == undisturbed}
        return {name: getattr(self, name) for name in (*names, *more)} | same


def disturbed(folder: Path, chance: random.Random, found: Found, *, kills: int, all_kills: int) -> Found:
    """Sweep a folder to its end while workers and everything are killed.

    Args:
        folder: a run folder in which nothing is finished.
        chance: the moments, and who is killed.
        found: with the number of workers and the batch; what is seen is added to it.
        kills: of workers.
        all_kills: of everything.
    """
    about = open_toy(folder)
    kinds = [False] * kills + [True] * all_kills
    events = sorted((chance.randrange(int(0.97 * about.blocks)), everything) for everything in kinds)
    driver = Driver(folder, found.workers, found.batch, found.name)
    for goal, everything in events:
        driver.wait_for(lambda driver, goal=goal: driver.done >= goal)
        time.sleep(chance.uniform(0, 2 * about.about["seconds"]))
        if everything:
            time.sleep(chance.choice([0.0, 0.0, chance.uniform(0, 1.5)]))  # also while a new one starts
            told = driver.done
            found.killed |= driver.kill_everything()
            found.kills_of_everything += 1
            look(found, folder, told)
            driver = Driver(folder, found.workers, found.batch, found.name)
        else:
            driver.wait_for(lambda driver: bool(driver.workers()))
            if there := driver.workers():
                victim = chance.choice(there)
                victim.kill()
                found.killed.add(victim.pid)
                found.kills_of_workers += 1
    if driver.finish() != 0:  # a block under which chance killed five workers counts as failed until it is gone on with
        driver = Driver(folder, found.workers, found.batch, found.name)
        if driver.finish() != 0:
            raise RuntimeError(f"the sweep in {folder} ended before its time")
    conclude(found, folder)
    return found


def look(found: Found, folder: Path, told: int) -> None:
    """Read a copy of the ledger as a kill left it: what was finished before must be there."""
    with tempfile.TemporaryDirectory() as copy:
        for name in (LEDGER, f"{LEDGER}-wal"):
            if (folder / name).exists():
                shutil.copy(folder / name, copy)
        with Ledger(Path(copy) / LEDGER) as ledger:
            rows, done = ledger.rows(), ledger.counts().done
    found.lost += len(found.finished - set(rows)) + max(0, told - done)
    found.doubled += len(rows) - len(set(rows))
    found.finished = set(rows)


def conclude(found: Found, folder: Path) -> None:
    """Judge the finished sweep."""
    table = sweep(folder, found.name, resume=True)
    found.lost += len(found.finished - set(table))
    found.doubled += len(table) - len(set(table))
    found.table = digest(table)
    again = repeats(folder)
    found.repeats = sum(again.values())
    found.most_repeats_of_one_process = max([0, *again.values()])
    found.repeats_of_living = sum(count for process, count in again.items() if process not in found.killed)


def digest(table: list[str]) -> str:
    """Sha256 of a table's bytes."""
    return hashlib.sha256("\n".join(table).encode()).hexdigest()


RUNS = 1000
LARGE = {"workers": 4, "batch": 3, "kills": 200, "all_kills": 20}
SMALL = (
    {"workers": 1, "batch": 1, "kills": 0, "all_kills": 5},
    {"workers": 1, "batch": 8, "kills": 0, "all_kills": 5},
    {"workers": 2, "batch": 1, "kills": 20, "all_kills": 3},
    {"workers": 2, "batch": 16, "kills": 20, "all_kills": 3},
    {"workers": 4, "batch": 1, "kills": 20, "all_kills": 3},
    {"workers": 4, "batch": 50, "kills": 20, "all_kills": 3},
)


def main(words: Sequence[str] | None = None) -> int:
    """Run all, say what was seen, and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args(words)
    chance, results = random.Random(options.seed), []
    undisturbed = digest([row(case) for case in range(RUNS)])
    with tempfile.TemporaryDirectory() as place:
        calm = digest(sweep(begin_toy(Path(place) / "calm", cases=RUNS, per_block=1), NAME))
        sound = calm == undisturbed
        for number, plan in enumerate((LARGE, *SMALL)):
            seconds = 0.15 if plan is LARGE else 0.02
            folder = begin_toy(Path(place) / str(number), cases=RUNS, per_block=1, seconds=seconds)
            found = Found(plan["workers"], plan["batch"])
            disturbed(folder, chance, found, kills=plan["kills"], all_kills=plan["all_kills"])
            sound &= found.sound(undisturbed)
            results.append(found.told(undisturbed))
            print(json.dumps(results[-1]), flush=True)
        real = {"cases": 400, "per_block": 4, "line": "reference"}
        undisturbed = digest(sweep(begin_toy(Path(place) / "real", **real), twin_work.NAME))
        found = Found(2, 3, twin_work.NAME)
        disturbed(begin_toy(Path(place) / "killed", **real), chance, found, kills=10, all_kills=3)
        sound &= found.sound(undisturbed)
        results.append(found.told(undisturbed))
        print(json.dumps(results[-1]), flush=True)
    print("nothing is lost, doubled or different" if sound else "NOT as it should be")
    if options.json:
        machine = {"system": platform.system(), "python": platform.python_version(), "cores": os.cpu_count()}
        said = {"runs": RUNS, "seed": options.seed, "machine": machine, "sound": sound, "sweeps": results}
        options.json.write_text(json.dumps(said, indent=2) + "\n")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
