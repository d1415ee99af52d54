"""A line learned from its own event log, of which 5 % of the rows are wrong, beside the truth.

python examples/learned_line.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import synthetic_event_log as made

import twin
from twin.learn.learn import learn_file
from twin.parameters import numbers_of

SHOWN = (
    "saw.process.time.mean", "saw.setup.default", "mill.process.product.B.mean", "test.rework.share",
    "source.time.mean",
)  # fmt: skip


def main() -> None:
    """Makes the log, learns from it, and prints both sides."""
    with tempfile.TemporaryDirectory() as folder:
        truth, log = Path(folder) / "truth.toml", Path(folder) / "visits.csv"
        truth.write_text(made.LINE, encoding="utf-8")
        line = twin.load_line(truth)
        rows, wrong = made.spoiled(made.visits(line, days=2.0)[0], 0.05, np.random.default_rng(0))
        made.write(log, rows, line.start)
        found = learn_file(log)
    named = {row for note in found.notes if note.what.startswith("dropped") for row in note.rows}
    bad = {row for row, kind in wrong.items() if kind != "lost"}
    count = f"{len(bad & named)} of {len(bad)} wrong rows named, and {len(named - bad)} right ones"
    print(f"A log of {len(rows):,} visits: {count}.")
    print(f"{'learned':32s}{'truth':>9s}{'estimate':>10s}{'90 % interval':>20s}")
    true = numbers_of(line)
    for path in SHOWN:
        one = found.intervals[path]
        interval = "exact" if one.low == one.high else f"{one.low:.4g} to {one.high:.4g}"
        print(f"  {path:30s}{true[path]:9.4g}{one.value:10.4g}{interval:>20s}")


if __name__ == "__main__":
    main()
