"""Sweeps by one process and by several: the same table, whoever is killed, and clear words where something fails."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from benchmarks import toy_work
from benchmarks.toy_work import begin_toy, repeats, row, starts
from scenarios.ledger import Ledger
from scenarios.run_sweep import sweep
from scenarios.work import SweepError, open_work, reason_of
from scenarios.worker import COMPLAINT, LEDGER
from scenarios.workers import Crew
from twin.errors import LineError

posix = pytest.mark.skipif(os.name != "posix", reason="kill -9")


def children() -> list[psutil.Process]:
    """The workers of this process."""
    return [child for child in psutil.Process().children() if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "scenarios.worker" in process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return False


class TestTable:
    @pytest.mark.parametrize(("workers", "batch"), [(1, 1), (1, 4), (2, 1), (2, 3), (4, 1), (4, 20)])
    def test_is_the_same_for_any_number_of_workers_and_any_batch(self, tmp_path, workers, batch):
        folder = begin_toy(tmp_path / "run", cases=25, per_block=3)
        assert sweep(folder, toy_work.NAME, workers=workers, batch=batch) == [row(case) for case in range(25)]
        assert sorted(block for block, _ in starts(folder)) == list(range(9))

    def test_is_there_at_once_when_all_is_finished(self, tmp_path):
        folder = begin_toy(tmp_path / "run")
        table = sweep(folder, toy_work.NAME)
        assert sweep(folder, toy_work.NAME, resume=True, workers=2) == table
        assert len(starts(folder)) == 6

    def test_work_is_shared(self, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=40, per_block=1, seconds=0.05)
        sweep(folder, toy_work.NAME, workers=2)
        assert len({process for _, process in starts(folder)} - {os.getpid()}) == 2

    def test_progress_is_told_from_the_first_to_the_last_block(self, tmp_path):
        for workers in (1, 2):
            seen = []
            folder = begin_toy(tmp_path / f"run{workers}", seconds=0.02)
            sweep(folder, toy_work.NAME, workers=workers, batch=2, progress=lambda *told, seen=seen: seen.append(told))
            assert seen[0] == (0, 6)
            assert seen[-1] == (6, 6)
            assert seen == sorted(set(seen))


class TestRefused:
    def test_to_go_on_unasked(self, tmp_path):
        folder = begin_toy(tmp_path / "run")
        sweep(folder, toy_work.NAME)
        with pytest.raises(SweepError, match=r"has 6 of 6 blocks finished\. Go on with --resume, or begin in another"):
            sweep(folder, toy_work.NAME)

    @pytest.mark.parametrize("options", [{"workers": 0}, {"batch": 0}])
    def test_nobody_to_work(self, tmp_path, options):
        with pytest.raises(SweepError, match=r"each is at least 1\. Use 1 for one at a time\."):
            sweep(begin_toy(tmp_path / "run"), toy_work.NAME, **options)

    @pytest.mark.parametrize("name", ["nonsense", "benchmarks.toy_work:none", "no_such_module:function", ":", "a:"])
    def test_work_that_is_not_there(self, tmp_path, name):
        with pytest.raises(SweepError, match=r"is not there \(.*\); it is named 'module:function'\. Name one that can"):
            open_work(name, tmp_path)


class TestFailing:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_blocks_are_named_and_the_others_kept(self, tmp_path, workers):
        folder = begin_toy(tmp_path / "run", broken=[2, 4])
        with pytest.raises(
            SweepError, match=r"^2 of 6 blocks failed: block 2 \(cases 2, 8\): ValueError: case 2: a mill"
        ):
            sweep(folder, toy_work.NAME, workers=workers)
        with Ledger(folder / LEDGER) as ledger:
            assert ledger.counts().done == 4
            assert ledger.rows() == [row(case) for case in range(12) if case % 6 not in (2, 4)]

    def test_blocks_are_tried_again_when_it_goes_on(self, tmp_path):
        folder = begin_toy(tmp_path / "run", broken=[2])
        with pytest.raises(SweepError, match=r"5 are finished and kept\. Mend the cause, then go on with --resume\.$"):
            sweep(folder, toy_work.NAME)
        with pytest.raises(SweepError, match="1 of 6 blocks failed"):
            sweep(folder, toy_work.NAME, resume=True)
        assert [block for block, _ in starts(folder)] == [0, 1, 2, 3, 4, 5, 2]

    def test_all_blocks_ends_early(self, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=500, per_block=1, broken=list(range(500)))
        with pytest.raises(SweepError, match=r"^10 of 500 blocks failed: block 0 .*, and 7 more\. 0 are finished"):
            sweep(folder, toy_work.NAME)
        assert len(starts(folder)) == 10

    @posix
    def test_a_deadly_block_is_named_and_the_others_kept(self, tmp_path):
        folder = begin_toy(tmp_path / "run", deadly=[1])
        with pytest.raises(SweepError, match=r"^1 of 6 blocks failed: .* ended the process that computed it 5 times"):
            sweep(folder, toy_work.NAME, workers=2)
        with Ledger(folder / LEDGER) as ledger:
            assert ledger.counts().done == 5
        assert sum(block == 1 for block, _ in starts(folder)) == 5

    @posix
    def test_workers_that_die_all_the_time_end_the_sweep(self, tmp_path):
        folder = begin_toy(tmp_path / "run")
        crew = Crew(folder, toy_work.NAME, workers=1, batch=1)
        crew._command = [sys.executable, "-c", "import sys; sys.exit('no licence')"]
        with Ledger.begin(folder / LEDGER, work="w", blocks=6) as ledger:
            message = r"^6 workers died .* \(the last by exit code 1: no licence\); what was finished before is kept\."
            with crew, pytest.raises(SweepError, match=message):
                tend_for_ever(crew, ledger)

    def test_a_worker_that_cannot_open_the_work_says_why(self, tmp_path, monkeypatch):
        folder = begin_toy(tmp_path / "run")
        monkeypatch.setenv("TOY_OPENS_IN", str(os.getpid()))
        with pytest.raises(SweepError, match=r"^OSError: opened elsewhere$"):
            sweep(folder, f"{__name__}:open_here_only", workers=2)
        assert children() == []

    def test_reasons_are_one_line(self):
        assert reason_of(LineError("line.toml: station 'a' is\nmissing")) == "line.toml: station 'a' is missing"
        assert reason_of(KeyError()) == "KeyError"
        assert reason_of(OSError("a\tb")) == "OSError: a b"

    def test_a_worker_without_a_ledger_complains(self, tmp_path):
        words = [sys.executable, "-m", "scenarios.worker", str(begin_toy(tmp_path / "run")), toy_work.NAME, "1"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        ended = subprocess.run(
            words, check=False, stdin=subprocess.PIPE, capture_output=True, env=environment, text=True, timeout=60
        )
        assert ended.returncode == COMPLAINT
        assert ended.stderr.strip().endswith("there is no such file. Begin the work, without --resume.")


def tend_for_ever(crew, ledger):
    while True:
        crew.tend(ledger, ledger.counts())


def open_here_only(folder):
    if os.environ["TOY_OPENS_IN"] != str(os.getpid()):
        raise OSError("opened elsewhere")
    return toy_work.open_toy(folder)


@posix
class TestKilledWorkers:
    def test_lose_nothing_and_repeat_one_block_each(self, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=120, per_block=1, seconds=0.02)
        chance, killed = random.Random(3), []

        def kill(done: int, total: int) -> None:
            if done >= 12 * (len(killed) + 1) and len(killed) < 8 and (there := children()):
                time.sleep(chance.uniform(0, 0.03))
                victim = chance.choice(there)
                victim.kill()
                killed.append(victim.pid)

        table = sweep(folder, toy_work.NAME, workers=3, batch=4, progress=kill)
        assert table == [row(case) for case in range(120)]
        assert len(killed) == 8
        again = repeats(folder)
        assert set(again) <= set(killed)
        assert max(again.values()) == 1
        assert children() == []


class TestStopping:
    @pytest.mark.parametrize("workers", [1, 3])
    def test_leaves_no_process_and_goes_on_later(self, tmp_path, workers):
        folder = begin_toy(tmp_path / "run", cases=30, per_block=1, seconds=0.02)

        def stop(done: int, total: int) -> None:
            if done >= 5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sweep(folder, toy_work.NAME, workers=workers, batch=3, progress=stop)
        assert children() == []
        with Ledger(folder / LEDGER) as ledger:
            counts = ledger.counts()
        assert 5 <= counts.done < 30
        assert counts.taken == 0
        assert sweep(folder, toy_work.NAME, workers=2, resume=True) == [row(case) for case in range(30)]
        assert max([0, *repeats(folder).values()]) <= 1

    @posix
    def test_control_c_at_a_terminal_reaches_the_sweep_alone(self, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=400, per_block=1, seconds=0.02)
        with driven(folder, workers=2) as driver:
            wait_for(lambda: len(starts(folder)) > 20)
            os.killpg(driver.pid, signal.SIGINT)  # as a terminal does: to the whole group
            output = driver.communicate(timeout=30)[0]
        assert output.splitlines()[-1] == "KeyboardInterrupt"
        assert output.count("Traceback") == 1
        with Ledger(folder / LEDGER) as ledger:
            assert ledger.counts().taken == 0
            assert ledger.release_dead() == 0

    @posix
    def test_workers_stop_when_the_sweep_is_killed(self, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=400, per_block=1, seconds=0.05)
        with driven(folder, workers=2) as driver:
            wait_for(lambda: len(starts(folder)) > 5)
            workers = psutil.Process(driver.pid).children()
            driver.kill()
            driver.communicate(timeout=30)
        assert len(workers) == 2
        psutil.wait_procs(workers, timeout=20)
        assert not any(worker.is_running() for worker in workers)
        with Ledger(folder / LEDGER) as ledger:
            assert ledger.counts().done == len(starts(folder))  # they had finished what they had begun
            assert ledger.counts().taken == 0


def driven(folder, *, workers):
    """A process of its own group that sweeps."""
    code = f"from scenarios.run_sweep import sweep; sweep({str(folder)!r}, {toy_work.NAME!r}, workers={workers})"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )


def wait_for(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_sweeps_of_one_folder_share_the_work(tmp_path):
    folder = begin_toy(tmp_path / "run", cases=60, per_block=1, seconds=0.02)
    tables = []
    first = threading.Thread(target=lambda: tables.append(sweep(folder, toy_work.NAME)))
    first.start()
    wait_for(lambda: len(starts(folder)) > 3)
    tables.append(sweep(folder, toy_work.NAME, workers=2, resume=True))
    first.join()
    assert tables[0] == tables[1] == [row(case) for case in range(60)]
    assert repeats(folder) == {}


def test_rows_are_json(tmp_path):
    assert json.loads(sweep(begin_toy(tmp_path / "run"), toy_work.NAME)[3])["case"] == 3
