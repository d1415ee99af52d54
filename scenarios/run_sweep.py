"""A sweep: all blocks of a work, computed by this process, by several or by a cluster, whatever is interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from scenarios.ledger import Counts, Ledger
from scenarios.run_folder import open_run
from scenarios.work import SweepError, open_work
from scenarios.worker import LEDGER, pull
from scenarios.workers import run_workers

__all__ = ["sweep"]

_SHOWN = 3


def sweep(
    folder: str | Path,
    open_work_name: str,
    *,
    workers: int = 1,
    batch: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """The rows of all cases of a work, in their order; what is finished is kept in the folder's ledger at once.

    The rows are the same for any number of workers, any batch, a cluster or none, and for any number of interruptions.

    Args:
        folder: a run folder, see `scenarios.run_folder`.
        open_work_name: "module:function" that makes the work from that folder, see `scenarios.work`.
        workers: processes that compute; 1 is this one.
        batch: how many blocks a worker takes at a time.
        cluster: address of a Dask scheduler, whose workers compute instead, e.g. "tcp://10.0.0.5:8786".
        resume: go on with what is in the folder; blocks that have failed are tried again.
        progress: told how many blocks are finished, and of how many.

    Returns:
        One text per case.

    Raises:
        SweepError: the folder holds finished blocks and `resume` is not set; blocks have failed (the others are kept);
            workers die all the time; the cluster is out of reach.
        LedgerError: the ledger is damaged, full or locked; the message says what to do.
        KeyboardInterrupt: as usual; what is finished is kept.
    """
    if workers < 1 or batch < 1:
        raise SweepError(f"workers are {workers} and batch is {batch}; each is at least 1. Use 1 for one at a time.")
    run = open_run(Path(folder))
    work = open_work(open_work_name, run.folder)
    name = hashlib.sha256(f"{run.hash} {open_work_name}".encode()).hexdigest()
    with Ledger.begin(run.folder / LEDGER, work=name, blocks=work.blocks) as ledger:
        _ready(ledger, run.folder, resume=resume)
        tell = _teller(progress)
        if cluster is not None:
            from scenarios.cluster import run_on_cluster  # noqa: PLC0415  an extra

            run_on_cluster(ledger, run.folder, open_work_name, address=cluster, batch=batch, progress=tell)
        elif workers == 1:
            pull(ledger, work, batch, progress=tell)
        else:
            run_workers(ledger, run.folder, open_work_name, workers=workers, batch=batch, progress=tell)
        tell(counts := ledger.counts())
        _complain(ledger, counts)
        return ledger.rows()


def _ready(ledger: Ledger, folder: Path, *, resume: bool) -> None:
    """Refuse to go on unasked; else try again what has failed."""
    if resume:
        ledger.release_dead()
        ledger.retry()
    elif (counts := ledger.counts()).pending < counts.total:
        raise SweepError(
            f"run folder '{folder}' has {counts.done} of {counts.total} blocks finished."
            " Go on with --resume, or begin in another folder."
        )


def _teller(progress: Callable[[int, int], None] | None) -> Callable[[Counts], None]:
    """Tells progress when it changes."""
    last = [-1]

    def tell(counts: Counts) -> None:
        if progress and counts.done != last[0]:
            last[0] = counts.done
            progress(counts.done, counts.total)

    return tell


def _complain(ledger: Ledger, counts: Counts) -> None:
    """Name the blocks that have failed, if any."""
    if not counts.failed:
        return
    reasons = [reason for _, reason in ledger.failures()]
    more = f", and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    raise SweepError(
        f"{counts.failed} of {counts.total} blocks failed: {'; '.join(reasons[:_SHOWN])}{more}."
        f" {counts.done} are finished and kept. Mend the cause, then go on with --resume."
    )
