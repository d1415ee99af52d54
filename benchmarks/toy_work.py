"""Work of milliseconds, to try what kills do to a sweep: a block writes down that it begins, waits, returns its rows.

The folder's main input says how many cases there are, how many a block has and how long it takes. Cases of one block do
not stand side by side in the table, as those of one shape in a study need not. A row depends on its case alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from scenarios.run_folder import begin_run, read_run

NAME = "benchmarks.toy_work:open_toy"
"""Of the work, for `scenarios.run_sweep.sweep`."""


class Toy:
    """Cases whose rows are made of their numbers.

    Args:
        about: `cases`, `per_block` and `seconds` a block; `starts`, the file in which each block is written down when
            it begins; `broken` blocks, which raise, and `deadly` ones, which end their process.
    """

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.blocks = -(-int(about["cases"]) // int(about["per_block"]))

    def cases(self, block: int) -> list[int]:
        """Every so manieth case."""
        return list(range(block, self.about["cases"], self.blocks))

    def run(self, block: int) -> list[str]:
        """The rows of a block."""
        write_start(self.about["starts"], block)
        if block in self.about.get("deadly", ()):
            os.kill(os.getpid(), 9)
        time.sleep(self.about["seconds"])
        if block in self.about.get("broken", ()):
            raise ValueError(f"case {self.cases(block)[0]}: a mill of no teeth")
        return [row(case) for case in self.cases(block)]


def write_start(file: str, block: int) -> None:
    """Write down that this process begins a block."""
    with Path(file).open("ab", buffering=0) as log:  # one write, at the end, whoever else writes
        log.write(f"{block} {os.getpid()}\n".encode())


def row(case: int) -> str:
    """The row of a case, of which nothing is known before."""
    return json.dumps({"case": case, "value": int(hashlib.sha256(str(case).encode()).hexdigest()[:12], 16) / 7.0})


def open_toy(folder: Path) -> Toy:
    """The work of a run folder."""
    return Toy(tomllib.loads(read_run(folder).main.read_text()))


def begin_toy(folder: Path, **about: Any) -> Path:
    """A run folder for it; what is not said is 12 cases, 2 a block, of no time."""
    starts = folder.with_name(f"{folder.name}-starts.txt")
    said = {"cases": 12, "per_block": 2, "seconds": 0.0, "starts": str(starts)} | about
    source = folder.with_name(f"{folder.name}.toml")
    source.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items()))
    starts.touch()
    begin_run(folder, source, command=["linetwin", "whatif", str(source)])
    return folder


def starts(folder: Path) -> list[tuple[int, int]]:
    """Each beginning of a block: its number, and the process that computed it."""
    lines = folder.with_name(f"{folder.name}-starts.txt").read_text().split("\n")[:-1]
    return [(int(block), int(process)) for block, process in (line.split() for line in lines)]


def repeats(folder: Path) -> dict[int, int]:
    """How many blocks that a process had begun were begun again, by process."""
    begun = starts(folder)
    last = {block: place for place, (block, _) in enumerate(begun)}
    return Counter(process for place, (block, process) in enumerate(begun) if last[block] != place)
