"""The same sweep on a cluster: workers of a Dask scheduler compute blocks, this process writes them to the ledger.

This process alone writes, as results come in: SQLite's log is for the processes of one host, and so workers need no
folder in common with it. They are sent the inputs. Lost with a worker is what it was computing and what it had not yet
sent; Dask gives that to another one. Lost with this process is nothing that was written; `--resume` goes on.
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from scenarios.ledger import Counts, Ledger
from scenarios.run_folder import RunFolder, open_run
from scenarios.work import SweepError, Work, numbers_of, open_work, reason_of, words_of
from scenarios.worker import is_over, working

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["PATIENCE", "compute", "run_on_cluster"]

PATIENCE = 60.0
"""Seconds without any worker after which a sweep ends."""

_GLANCE = 0.2
_CONNECTING = 20.0
_COLLECTING = 5.0
_ONE_AT_A_TIME = threading.Lock()
"""A work need not bear threads: a worker process computes one block at a time, however many threads it has."""


class Answer(NamedTuple):
    """What a worker sends for a block.

    Attributes:
        rows: one text per case; None when there are none.
        numbers: of the cases, see `scenarios.work.numbers_of`.
        failed: why the block has failed.
        refused: why this worker cannot work at all.
    """

    rows: list[str] | None = None
    numbers: list[int] | None = None
    failed: str = ""
    refused: str = ""


def run_on_cluster(
    ledger: Ledger,
    folder: Path,
    name: str,
    *,
    address: str,
    batch: int,
    progress: Callable[[Counts], None],
) -> None:
    """Have the workers of a Dask scheduler compute all blocks.

    Args:
        ledger: of the work.
        folder: the run folder, whose inputs are sent.
        name: "module:function" that opens the work; workers can import it, as they can linetwin, of the same versions.
        address: of the scheduler, e.g. "tcp://10.0.0.5:8786".
        batch: how many blocks wait at each worker besides the one in flight.
        progress: told the counts.

    Raises:
        SweepError: distributed is not installed, the scheduler is out of reach or goes away, there are no workers, or
            one has other versions.
    """
    packed = _packed(open_run(folder))
    client = _connected(address)
    try:
        with working(ledger) as me:
            inputs = client.submit(bytes, packed, pure=True)
            desk = _Desk(client, inputs, (name, dict(open_run(folder).about["versions"])), ledger)
            try:
                _run(desk, me, batch=batch, progress=progress)
            finally:
                desk.clear()
    except OSError as fault:
        raise _lost(address, fault) from fault
    finally:
        client.close(timeout=_CONNECTING)


def _run(desk: _Desk, me: int, *, batch: int, progress: Callable[[Counts], None]) -> None:
    """Keep the workers busy until all is done."""
    seen = time.monotonic()
    while not is_over(counts := desk.ledger.counts()):
        progress(counts)
        workers = desk.workers()
        now = time.monotonic()
        seen = now if workers else seen
        if now - seen > PATIENCE:
            raise SweepError(
                f"the cluster has had no workers for {PATIENCE:.0f} s; what is finished is kept."
                " Start some, then go on with --resume."
            )
        room = workers * (1 + batch) - len(desk.sent)
        for block in desk.ledger.take(me, room) if room > 0 else ():
            desk.send(block)
        desk.receive()


class _Desk:
    """Blocks that are with the cluster: sent out, and written to the ledger when they come back."""

    def __init__(self, client: Client, inputs: Future, work: tuple[str, Mapping[str, str]], ledger: Ledger) -> None:
        self.ledger = ledger
        self.sent: dict[Future, int] = {}
        self._client, self._inputs, self._work = client, inputs, work

    def workers(self) -> int:
        """How many worker processes there are now.

        Raises:
            SweepError: the scheduler is gone.
        """
        if self._client.status != "running":
            raise _lost(self._address, None)
        return len(cast("dict[str, int]", self._client.ncores()))

    @property
    def _address(self) -> str:
        return str(self._client.scheduler.address) if self._client.scheduler else "the scheduler"

    def send(self, block: int) -> None:
        """Have a block computed."""
        name, versions = self._work
        self.sent[self._client.submit(compute, self._inputs, name, block, versions, pure=False)] = block

    def receive(self) -> None:
        """Write what has come back; waits a little for the first.

        Raises:
            SweepError: a worker cannot work at all, or the scheduler has let go of the blocks.
        """
        until = time.monotonic() + _GLANCE
        while not (back := [future for future in self.sent if future.done()]) and time.monotonic() < until:
            time.sleep(_GLANCE / 20)
        for future in back:
            block = self.sent[future]
            if future.status in ("cancelled", "lost"):
                raise _lost(self._address, None)
            if future.status == "error":  # all that happens in a block is in the answer: its workers were killed
                self.ledger.fail(block, f"block {block}: {reason_of(cast('Exception', future.exception()))}")
            else:
                try:
                    self._write(block, Answer(*future.result(timeout=_COLLECTING)))
                except TimeoutError:  # lost with its worker between the two lines; Dask has it computed again
                    continue
            del self.sent[future]

    def _write(self, block: int, answer: Answer) -> None:
        if answer.refused:
            raise SweepError(answer.refused)
        if answer.rows is None:
            self.ledger.fail(block, answer.failed)
        else:
            self.ledger.finish(block, answer.rows, answer.numbers)

    def clear(self) -> None:
        """Take back what is still out."""
        if self._client.status == "running":
            self._client.cancel(list(self.sent))


def compute(inputs: bytes, name: str, block: int, versions: Mapping[str, str]) -> Answer:
    """Compute a block, on a worker.

    Args:
        inputs: the run folder without what is finished, as a zip file.
        name: "module:function" that opens the work.
        block: its number.
        versions: that the table is made with.

    Returns:
        Its rows, or what is the matter; nothing is raised.
    """
    from twin.store import versions as versions_here  # noqa: PLC0415  twin needs jax, which takes a second to start

    with _ONE_AT_A_TIME:
        here = versions_here()
        for package, wanted in versions.items():
            if here.get(package) != wanted:
                return Answer(
                    refused=f"a worker of the cluster has {package} {here.get(package)}, the sweep was begun with"
                    f" {wanted}; a table is made by one version. Install the same there."
                )
        try:
            work = _opened(inputs, name)
        except Exception as fault:  # noqa: BLE001  told where somebody reads it
            return Answer(refused=f"a worker of the cluster cannot open the work: {reason_of(fault)}")
        try:
            rows = work.run(block)
            return Answer(rows, numbers_of(work, block, rows))
        except Exception as fault:  # noqa: BLE001  one bad case does not stop a thousand
            return Answer(failed=f"{words_of(work, block)}: {reason_of(fault)}")


@lru_cache(maxsize=1)
def _opened(inputs: bytes, name: str) -> Work:
    """The work of these inputs, opened once per worker process."""
    folder = Path(tempfile.mkdtemp(prefix="linetwin-", dir=_scratch()))
    with zipfile.ZipFile(io.BytesIO(inputs)) as file:
        file.extractall(folder)
    return open_work(name, folder)


def _scratch() -> str | None:
    """The folder that Dask clears away after a worker."""
    from distributed import get_worker  # noqa: PLC0415  an extra

    try:
        return get_worker().local_directory
    except ValueError:  # not on a worker
        return None


def _packed(run: RunFolder) -> bytes:
    """What a run was begun with, as a zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for path in run.files():
            file.write(path, path.relative_to(run.folder))
    return content.getvalue()


def _connected(address: str) -> Client:
    """A connection to a scheduler."""
    try:
        from distributed import Client  # noqa: PLC0415  an extra
    except ImportError:
        raise SweepError(
            "--cluster needs distributed, which is not installed. Install it with: pip install 'linetwin[cluster]'."
        ) from None
    try:
        return Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError, TypeError) as fault:
        raise SweepError(
            f"--cluster is '{address}'; no Dask scheduler answers there ({type(fault).__name__})."
            ' Start one with `dask scheduler` and name its address, for example "tcp://10.0.0.5:8786".'
        ) from None


def _lost(address: str, fault: Exception | None) -> SweepError:
    why = f" ({reason_of(fault)})" if fault else ""
    return SweepError(
        f"the scheduler at {address} has gone{why}; what is finished is kept. Start it again, then go on with --resume."
    )
