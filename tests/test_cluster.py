"""Sweeps on a cluster: a real scheduler and two workers on loopback, killed while they work."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from benchmarks import toy_work
from benchmarks.toy_work import begin_toy, repeats, row, starts
from scenarios import cluster
from scenarios.ledger import Ledger
from scenarios.run_sweep import sweep
from scenarios.work import SweepError
from scenarios.worker import LEDGER

pytest.importorskip("distributed")


@contextmanager
def program(words, log, folder):
    """A program of Dask's; killed at the end, if it is still there."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "DASK_LOGGING__DISTRIBUTED": "info"}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=folder
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Cluster:
    """A scheduler and workers, as processes on loopback."""

    def __init__(self, stack, folder):
        self._stack, self._folder = stack, folder
        self._file = folder / "scheduler.json"
        self._log = folder / "log.txt"
        here = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self._file)]
        self.scheduler = self._start(["distributed.cli.dask_scheduler", *here])
        wait_for(self._file.exists)
        self.workers = [self.add_worker(), self.add_worker()]

    @property
    def address(self):
        import json

        return json.loads(self._file.read_text())["address"]

    def add_worker(self):
        known = self.log.count("Starting established connection")
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        worker = self._start(["distributed.cli.dask_worker", *options, "--scheduler-file", str(self._file)])
        wait_for(lambda: self.log.count("Starting established connection") > known)
        return worker

    @property
    def log(self):
        return self._log.read_text() if self._log.exists() else ""

    def _start(self, words):
        return self._stack.enter_context(program(words, self._log, self._folder))


@pytest.fixture
def dask(tmp_path):
    folder = tmp_path / "dask"
    folder.mkdir()
    with ExitStack() as stack:
        yield Cluster(stack, folder)


def wait_for(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Aside(threading.Thread):
    """A sweep in a thread; its table, or what it raised."""

    def __init__(self, folder, address, **options):
        super().__init__(daemon=True)
        self.table, self.fault = None, None
        self._sweep = lambda: sweep(folder, toy_work.NAME, cluster=address, **options)
        self.start()

    def run(self):
        try:
            self.table = self._sweep()
        except SweepError as fault:
            self.fault = fault

    def ended(self):
        self.join(60)
        assert not self.is_alive()
        return self


class TestOnTwoWorkers:
    def test_the_table_is_that_of_one_process(self, dask, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=25, per_block=3, seconds=0.02)
        seen = []
        table = sweep(folder, toy_work.NAME, cluster=dask.address, progress=lambda *told: seen.append(told))
        assert table == [row(case) for case in range(25)]
        assert sorted(block for block, _ in starts(folder)) == list(range(9))
        assert {process for _, process in starts(folder)} == {worker.pid for worker in dask.workers}
        assert seen[0] == (0, 9)
        assert seen[-1] == (9, 9)

        broken = begin_toy(tmp_path / "broken", broken=[3])
        with pytest.raises(
            SweepError, match=r"^1 of 6 blocks failed: block 3 \(cases 3, 9\): ValueError: case 3: a mill"
        ):
            sweep(broken, toy_work.NAME, cluster=dask.address)
        with Ledger(broken / LEDGER) as ledger:
            assert ledger.counts().done == 5

        with pytest.raises(
            SweepError, match=r"a worker of the cluster cannot open the work: SweepError|work 'no:thing'"
        ):
            sweep(begin_toy(tmp_path / "none"), "no:thing", cluster=dask.address)

    def test_a_worker_killed_in_the_middle_is_not_missed(self, dask, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=60, per_block=1, seconds=0.05)
        aside = Aside(folder, dask.address, batch=2)
        killed = []
        for goal in (8, 20, 32):
            wait_for(lambda goal=goal: len(starts(folder)) >= goal)
            victim = dask.workers.pop(0)
            victim.kill()
            killed.append(victim.pid)
            dask.workers.append(dask.add_worker())
        assert aside.ended().table == [row(case) for case in range(60)]
        again = repeats(folder)
        assert set(again) <= set(killed)
        assert sum(again.values()) <= 2 * len(killed)  # the block in flight, and one that was not yet collected

    def test_all_workers_killed_is_told_and_others_go_on(self, dask, tmp_path, monkeypatch):
        monkeypatch.setattr(cluster, "PATIENCE", 1.0)
        folder = begin_toy(tmp_path / "run", cases=60, per_block=1, seconds=0.05)
        aside = Aside(folder, dask.address)
        wait_for(lambda: len(starts(folder)) >= 8)
        for worker in dask.workers:
            worker.kill()
        message = (
            "the cluster has had no workers for 1 s; what is finished is kept. Start some, then go on with --resume."
        )
        assert str(aside.ended().fault) == message
        with Ledger(folder / LEDGER) as ledger:
            assert 0 < ledger.counts().done < 60
            assert ledger.counts().taken == 0
        dask.add_worker()
        assert sweep(folder, toy_work.NAME, cluster=dask.address, resume=True) == [row(case) for case in range(60)]

    def test_a_scheduler_that_goes_is_told_and_one_process_goes_on(self, dask, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=60, per_block=1, seconds=0.05)
        aside = Aside(folder, dask.address)
        wait_for(lambda: len(starts(folder)) >= 8)
        dask.scheduler.kill()
        assert "has gone" in str(aside.ended().fault)
        assert "what is finished is kept. Start it again, then go on with --resume." in str(aside.fault)
        assert sweep(folder, toy_work.NAME, resume=True) == [row(case) for case in range(60)]

    @pytest.mark.skipif(os.name != "posix", reason="kill -9")
    def test_everything_killed_goes_on_with_what_was_finished(self, dask, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=60, per_block=1, seconds=0.05)
        code = (
            "from scenarios.run_sweep import sweep;"
            f"sweep({str(folder)!r}, {toy_work.NAME!r}, cluster={dask.address!r}, progress=print)"
        )
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen([sys.executable, "-uc", code], stdout=subprocess.PIPE, env=environment) as driver:
            assert driver.stdout
            lines = iter(driver.stdout)
            wait_for(lambda: int(next(lines).split()[0]) >= 10)
            for process in [*dask.workers, dask.scheduler, driver]:
                process.send_signal(signal.SIGKILL)
        begun = len(starts(folder))
        assert sweep(folder, toy_work.NAME, workers=2, resume=True) == [row(case) for case in range(60)]
        assert len(starts(folder)) - begun <= 50


class TestRefused:
    @pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense://1", ""])
    def test_no_scheduler(self, tmp_path, monkeypatch, address):
        monkeypatch.setattr(cluster, "_CONNECTING", 0.5)
        folder = begin_toy(tmp_path / "run")
        message = (
            rf"^--cluster is '{address}'; no Dask scheduler answers there \(.*\)\. Start one with `dask scheduler`"
        )
        with pytest.raises(SweepError, match=message):
            sweep(folder, toy_work.NAME, cluster=address)

    def test_the_extra_is_not_installed(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(SweepError, match=r"Install it with: pip install 'linetwin\[cluster\]'\.$"):
            sweep(begin_toy(tmp_path / "run"), toy_work.NAME, cluster="tcp://127.0.0.1:1")

    def test_workers_of_other_versions(self):
        answer = cluster.compute(b"", toy_work.NAME, 0, {"jax": "0.1"})
        assert answer.refused.startswith("a worker of the cluster has jax ")
        assert answer.refused.endswith(
            "the sweep was begun with 0.1; a table is made by one version. Install the same there."
        )
