"""The ledger: nothing finished is lost or doubled, whoever dies; what is no ledger is refused and left alone."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from scenarios import ledger as module
from scenarios.ledger import LEASE, TRIES, Counts, Ledger, LedgerError
from scenarios.living import born, here, is_gone


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with Ledger.begin(path, work="w", blocks=6) as opened:
        yield opened


def changed(path, *statements):
    """Write something to the file past the ledger."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def strangers_worker(path, *, host="elsewhere", process=1, began="", beat):
    changed(
        path,
        f"INSERT INTO workers VALUES (99, '{host}', {process}, '{began}', {beat})",
        "UPDATE blocks SET state = 'taken', worker = 99, since = 0 WHERE block < 3",
    )


class TestBlocks:
    def test_begin_pending(self, ledger):
        assert ledger.counts() == Counts(pending=6, taken=0, done=0, failed=0)

    def test_are_taken_once_and_in_order(self, ledger):
        one, two = ledger.join(), ledger.join()
        assert ledger.take(one, 2) == [0, 1]
        assert ledger.take(two, 3) == [2, 3, 4]
        assert ledger.take(one, 9) == [5]
        assert ledger.take(two, 9) == []

    def test_are_finished_with_their_rows(self, ledger, path):
        ledger.take(ledger.join(), 2)
        assert ledger.finish(1, ["b", "c"])
        assert ledger.finish(0, ["a"])
        with Ledger(path) as other:
            assert other.counts() == Counts(pending=4, taken=0, done=2, failed=0)
            assert other.rows() == ["a", "b", "c"]

    def test_rows_stand_in_the_order_of_the_cases(self, ledger):
        ledger.finish(0, ["d", "a"], [3, 0])
        ledger.finish(1, ["c", "b"], [2, 1])
        assert ledger.rows() == ["a", "b", "c", "d"]

    def test_are_finished_once(self, ledger):
        assert ledger.finish(0, ["a"])
        assert not ledger.finish(0, ["other"])
        assert ledger.rows() == ["a"]

    def test_are_finished_by_whoever_was_thought_dead(self, ledger):
        ledger.take(ledger.join(), 1)
        ledger.fail(0, "why")
        assert ledger.finish(0, ["a"])
        assert ledger.failures() == []

    def test_share_no_case(self, ledger):
        ledger.finish(0, ["a"], [7])
        with pytest.raises(LedgerError, match=r"a case of block 1 is in another block too\. Mend the work\."):
            ledger.finish(1, ["x", "b"], [6, 7])
        assert ledger.rows() == ["a"]
        assert ledger.counts().done == 1

    def test_that_failed_say_why_and_are_tried_again_when_told_to(self, ledger):
        ledger.fail(2, "no teeth")
        assert ledger.failures() == [(2, "no teeth")]
        assert 2 not in ledger.take(ledger.join(), 9)
        ledger.retry()
        assert ledger.failures() == []
        assert ledger.take(ledger.join(), 9) == [2]

    def test_that_are_done_do_not_fail(self, ledger):
        ledger.finish(2, ["a"])
        ledger.fail(2, "late")
        assert ledger.failures() == []

    def test_are_given_back_by_who_leaves(self, ledger):
        me = ledger.join()
        ledger.take(me, 3)
        ledger.finish(0, ["a"])
        ledger.leave(me)
        assert ledger.counts() == Counts(pending=5, taken=0, done=1, failed=0)
        assert ledger.take(ledger.join(), 1) == [1]

    def test_finished_table_has_no_times(self, ledger, path):
        ledger.take(ledger.join(), 1)
        ledger.finish(0, ["a"])
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT * FROM rows").fetchall() == [(0, 0, None, "a")]
            done = connection.execute("SELECT worker, since FROM blocks WHERE state = 'done'").fetchall()
        assert done == [(None, None)]


class TestTheDead:
    def test_of_this_host_are_known_at_once(self, ledger, path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        began = born(child.pid) or ""
        strangers_worker(path, host=here(), process=child.pid, began=began, beat=time.time())
        assert ledger.release_dead() == 0
        child.kill()
        deadline = time.monotonic() + 10
        while not (freed := ledger.release_dead()):  # killed, but not waited for: as good as gone
            assert time.monotonic() < deadline
        assert freed == 3
        child.communicate()
        assert ledger.counts().pending == 6

    def test_are_not_mistaken_for_a_later_process_of_the_same_id(self, ledger, path):
        strangers_worker(path, host=here(), process=os.getpid(), began="long ago", beat=time.time())
        assert ledger.release_dead() == 3

    @pytest.mark.parametrize(("silent", "freed"), [(LEASE / 2, 0), (LEASE + 5, 3)])
    def test_of_another_host_are_those_that_are_silent(self, ledger, path, silent, freed):
        strangers_worker(path, beat=time.time() - silent)
        assert ledger.release_dead() == freed

    @pytest.mark.parametrize(("silent", "freed"), [(LEASE / 2, 0), (LEASE + 5, 3)])
    def test_of_this_process_are_those_that_are_silent(self, ledger, path, silent, freed):
        began = born(os.getpid()) or ""
        strangers_worker(path, host=here(), process=os.getpid(), began=began, beat=time.time() - silent)
        assert ledger.release_dead() == freed

    def test_signs_of_life_count(self, ledger, path, monkeypatch):
        me = ledger.join()
        ledger.take(me, 2)
        monkeypatch.setattr(module, "is_gone", lambda *_: None)
        changed(path, "UPDATE workers SET beat = 0")
        ledger.beat(me)
        assert ledger.release_dead() == 0
        changed(path, "UPDATE workers SET beat = 0")
        assert ledger.release_dead() == 2

    def test_may_come_back(self, ledger, path):
        me = ledger.join()
        changed(path, "DELETE FROM workers")
        ledger.take(me, 1)
        assert ledger.release_dead() == 0

    def test_of_systems_that_do_not_tell_are_told_of(self, ledger, path, monkeypatch):
        strangers_worker(path, host=here(), process=5, beat=time.time())
        monkeypatch.setattr(module, "is_gone", lambda *_: None)
        assert ledger.release_dead() == 0
        assert ledger.release_dead(5) == 3

    def test_give_back_when_somebody_needs_it(self, ledger, path):
        strangers_worker(path, beat=0)
        assert ledger.take(ledger.join(), 3) == [3, 4, 5]
        assert ledger.take(ledger.join(), 3) == [1, 2, 0]  # somebody died over 0

    def test_over_one_block_make_it_fail(self, ledger, path):
        for tries in range(1, TRIES + 1):
            assert ledger.counts().failed == 0
            changed(path, f"INSERT INTO workers VALUES ({tries}, 'elsewhere', 1, '', 0)")
            changed(path, f"UPDATE blocks SET state = 'taken', worker = {tries} WHERE block = 4")
            assert ledger.release_dead() == 1
        assert ledger.failures() == [(4, f"it ended the process that computed it {TRIES} times")]

    def test_that_were_ended_on_purpose_are_nobodys_fault(self, ledger, path):
        for _ in range(TRIES + 1):
            strangers_worker(path, beat=0)
            ledger.release_dead(blame=False)
        assert ledger.counts().failed == 0


class TestLiving:
    def test_this_process_is_there(self):
        assert is_gone(here(), os.getpid(), born(os.getpid()) or "") is False

    def test_another_host_is_not_judged(self):
        assert is_gone("elsewhere", os.getpid(), "1") is None

    def test_a_process_that_never_was_is_gone(self):
        assert born(2**22 + 1) == ""

    @pytest.mark.skipif(os.name != "posix", reason="asks ps")
    def test_ps_tells_the_same(self, monkeypatch, tmp_path):
        monkeypatch.setattr("scenarios.living._PROC", tmp_path)
        if not Path("/bin/ps").exists():
            assert born(os.getpid()) is None
        else:
            assert born(os.getpid())
            assert born(2**22 + 1) == ""


class TestRefused:
    def test_a_missing_file(self, path):
        with pytest.raises(
            LedgerError, match=r"ledger '.*': there is no such file\. Begin the work, without --resume\."
        ):
            Ledger(path)
        assert not path.exists()

    @pytest.mark.parametrize("content", [b"x", b"[line]\nname = 'a'\n" * 999, b"\0" * 8192])
    def test_something_else(self, path, content):
        path.write_bytes(content)
        with pytest.raises(
            LedgerError, match=r"the file is damaged, or it is no ledger; it is left as it is\. Move it"
        ):
            Ledger.begin(path, work="w", blocks=6)
        assert path.read_bytes() == content

    def test_the_database_of_another_program(self, path):
        changed(path, "CREATE TABLE customers (name TEXT)")
        before = path.read_bytes()
        with pytest.raises(LedgerError, match=r"an SQLite file of another program; it is left as it is\. Move it away"):
            Ledger.begin(path, work="w", blocks=6)
        assert path.read_bytes() == before

    def test_a_newer_one(self, ledger, path):
        ledger.close()
        changed(path, "PRAGMA user_version = 2")
        before = path.read_bytes()
        with pytest.raises(LedgerError, match=r"newer linetwin \(schema 2; this one reads 1\); it is left as it is"):
            Ledger.begin(path, work="w", blocks=6)
        assert path.read_bytes() == before

    @pytest.mark.parametrize(("work", "blocks"), [("other", 6), ("w", 7)])
    @pytest.mark.usefixtures("ledger")
    def test_that_of_other_work(self, path, work, blocks):
        with pytest.raises(
            LedgerError, match=r"it belongs to other work; it is left as it is\. Give what it was begun"
        ):
            Ledger.begin(path, work=work, blocks=blocks)

    def test_a_full_disk_keeps_what_is_finished(self, ledger, path):
        ledger.finish(0, ["a"])
        ledger._connection.execute("PRAGMA max_page_count = 1")  # SQLite's own way to say that there is no more room
        with pytest.raises(LedgerError, match=r"the disk is full; what is finished is kept\. Free some space, then go"):
            ledger.finish(1, ["b" * 100_000])
        with Ledger.begin(path, work="w", blocks=6) as again:
            assert again.rows() == ["a"]
            assert again.counts().done == 1
            assert again.finish(1, ["b" * 100_000])

    def test_a_locked_one(self, ledger, path):
        ledger.finish(0, ["a"])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            message = r"another program keeps it locked; what is finished is kept\. End"
            with Ledger(path, wait=0.05) as hasty, pytest.raises(LedgerError, match=message):
                hasty.finish(1, ["b"])
            other.execute("ROLLBACK")
        assert ledger.rows() == ["a"]

    def test_a_folder_that_is_not_there(self, path):
        with pytest.raises(LedgerError, match=r"it cannot be opened\. Check its name and the rights to its folder"):
            Ledger.begin(path.parent / "none" / "ledger.sqlite", work="w", blocks=6)


class TestDamage:
    def whole(self, path):
        with Ledger.begin(path, work="w", blocks=40) as ledger:
            for block in range(40):
                ledger.finish(block, [f"row of block {block} {'.' * 400}"])
        return path.read_bytes()

    def test_a_changed_row_is_computed_again(self, path):
        self.whole(path)
        changed(path, "UPDATE rows SET row = 'wrong' WHERE block = 3", "DELETE FROM rows WHERE block = 5")
        with Ledger.begin(path, work="w", blocks=40) as ledger:
            assert ledger.counts() == Counts(pending=2, taken=0, done=38, failed=0)
            assert ledger.take(ledger.join(), 9) == [3, 5]

    def test_never_gives_wrong_rows(self, path):
        """Random damage is refused with a sentence, or does no harm, or its blocks are computed again."""
        content, seen = self.whole(path), set()
        right = {f"row of block {block} {'.' * 400}" for block in range(40)}
        chance = random.Random(5)
        for _ in range(150):
            broken = bytearray(content)
            begin = chance.randrange(len(broken))
            broken[begin : begin + chance.choice([1, 64, 4096])] = chance.randbytes(chance.choice([1, 64, 4096]))
            path.write_bytes(broken[: chance.choice([len(broken), len(broken), begin])])
            try:
                with Ledger.begin(path, work="w", blocks=40) as ledger:
                    counts = ledger.counts()
                    rows = ledger.rows()
            except LedgerError:
                seen.add("refused")
            else:
                assert len(rows) == counts.done
                assert set(rows) <= right
                seen.add("again" if counts.done < 40 else "harmless")
        assert "refused" in seen
        assert "again" in seen


WRITER = """
import sys
from pathlib import Path
from scenarios.ledger import Ledger
with Ledger(Path(sys.argv[1])) as ledger:
    me = ledger.join()
    while blocks := ledger.take(me, 3):
        for block in blocks:
            ledger.finish(block, [f"{block}.{case} {'.' * 300}" for case in range(4)], range(4 * block, 4 * block + 4))
            print(block, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kills_at_any_moment_lose_nothing_that_was_finished(path):
    """A process that only writes is killed again and again, mostly in the middle of a transaction."""
    chance, said, kills = random.Random(1), set(), 0
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with Ledger.begin(path, work="w", blocks=3000):
        pass
    while True:
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as writer:
            assert writer.stdout
            first = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            writer.send_signal(signal.SIGKILL)
            said |= {int(line) for line in [first, *writer.stdout] if line.endswith("\n")}
        kills += writer.returncode == -signal.SIGKILL
        with Ledger.begin(path, work="w", blocks=3000) as ledger:
            rows = ledger.rows()
            ledger.release_dead()
            counts = ledger.counts()
        assert counts.taken == 0
        assert len(rows) == len(set(rows)) == 4 * counts.done
        assert {f"{block}.{case} {'.' * 300}" for block in said for case in range(4)} <= set(rows)
        if not counts.open:
            break
    assert rows == [f"{block}.{case} {'.' * 300}" for block in range(3000) for case in range(4)]
    assert kills >= 3
