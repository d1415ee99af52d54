"""The kills of benchmarks/kill_sweeps.py, fewer of them; and that what it looks for would be found."""

import os
import random
import sqlite3
from contextlib import closing

import pytest

from benchmarks.kill_sweeps import Found, conclude, digest, disturbed, look, main
from benchmarks.toy_work import NAME, begin_toy, row, starts
from scenarios.ledger import Ledger
from scenarios.run_sweep import sweep
from scenarios.worker import LEDGER

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9")


@pytest.mark.parametrize(("workers", "batch", "kills"), [(1, 4, 0), (3, 2, 12)])
def test_kills_at_random_moments_change_nothing(tmp_path, workers, batch, kills):
    folder = begin_toy(tmp_path / "run", cases=90, per_block=1, seconds=0.04)
    found = disturbed(folder, random.Random(2), Found(workers, batch), kills=kills, all_kills=2)
    assert found.kills_of_workers == kills
    assert found.kills_of_everything == 2
    assert found.sound(digest([row(case) for case in range(90)])), found


@pytest.mark.slow
def test_all_kills_change_nothing(tmp_path):
    assert main(["--seed", "1", "--json", str(tmp_path / "found.json")]) == 0


class TestWouldBeFound:
    @pytest.fixture
    def folder(self, tmp_path):
        folder = begin_toy(tmp_path / "run", cases=8, per_block=1)
        sweep(folder, NAME)
        return folder

    @pytest.fixture
    def right(self):
        return digest([row(case) for case in range(8)])

    def test_nothing_wrong(self, folder, right):
        found = Found(1, 1)
        conclude(found, folder)
        assert found.sound(right)

    def test_a_lost_block(self, folder, right):
        found = Found(1, 1)
        look(found, folder, told=8)
        assert found.lost == 0
        with closing(sqlite3.connect(folder / LEDGER)) as connection:
            connection.execute("UPDATE blocks SET state = 'pending' WHERE block = 3")
            connection.execute("DELETE FROM rows WHERE block = 3")
            connection.commit()
        look(found, folder, told=8)
        assert found.lost == 2  # it was in the ledger, and it had been told
        conclude(found, folder)
        assert found.repeats_of_living == 1
        assert not found.sound(right)

    def test_a_block_told_before_it_was_written(self, tmp_path):
        folder, found = begin_toy(tmp_path / "other", cases=8, per_block=1), Found(1, 1)
        with Ledger.begin(folder / LEDGER, work="w", blocks=8):
            pass
        look(found, folder, told=1)
        assert found.lost == 1

    def test_a_doubled_row(self, folder, right):
        with closing(sqlite3.connect(folder / LEDGER)) as connection:
            connection.execute("INSERT INTO rows SELECT 7, 1, NULL, row FROM rows WHERE block = 3")
            connection.commit()
        found = Found(1, 1)
        look(found, folder, told=8)
        assert found.doubled == 1
        assert not found.sound(right)

    def test_two_repeats_of_one_kill(self, folder, right):
        first = starts(folder)[0][1]
        with folder.with_name("run-starts.txt").open("a") as file:
            file.write("3 1\n4 1\n")
        found = Found(1, 1, killed={first})
        conclude(found, folder)
        assert found.most_repeats_of_one_process == 2
        assert not found.sound(right)

    def test_another_table(self, folder):
        found = Found(1, 1)
        conclude(found, folder)
        assert not found.sound(digest(["another"]))
