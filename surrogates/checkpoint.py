"""Keep the state of training on disk, so that a kill costs one chunk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

__all__ = ["Keeper"]

Tree = TypeVar("Tree")


@dataclass(frozen=True)
class Keeper:
    """The newest states of one training in a folder, written by orbax.

    Attributes:
        manager: of orbax.
    """

    manager: Any

    @staticmethod
    @contextmanager
    def open(folder: Path, what: tuple[Any, ...]) -> Iterator[Keeper]:
        """The states in a folder, which is made if it is not there.

        Args:
            folder: of one training.
            what: is trained and how; training goes on only if it is the same.

        Raises:
            ValueError: the folder holds the states of something else.
        """
        import orbax.checkpoint as ocp  # noqa: PLC0415 - takes 0.8 s to import

        folder = Path(folder).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        card, mark = folder / "training.json", {"trains": _mark(what)}
        if card.exists() and json.loads(card.read_text(encoding="utf-8")) != mark:
            rule = "its states are of other cases or another recipe"
            raise ValueError(f"checkpoint {str(folder)!r}: {rule}. Name another folder, or remove this one.")
        card.write_text(json.dumps(mark), encoding="utf-8")
        options = ocp.CheckpointManagerOptions(max_to_keep=2, enable_async_checkpointing=False)
        with ocp.CheckpointManager(folder, options=options) as manager:
            yield Keeper(manager)

    def newest(self, like: Tree) -> Tree:
        """The newest state; `like` itself where there is none, which also tells the shapes."""
        import orbax.checkpoint as ocp  # noqa: PLC0415

        last = self.manager.latest_step()
        return like if last is None else self.manager.restore(last, args=ocp.args.StandardRestore(like))

    def keep(self, number: int, state: Any) -> None:
        """Write a state, whole or not at all."""
        import orbax.checkpoint as ocp  # noqa: PLC0415

        self.manager.save(number, args=ocp.args.StandardSave(state))


def _mark(what: tuple[Any, ...]) -> str:
    """A hash of arrays and of what prints itself."""
    found = hashlib.sha256()
    for part in what:
        found.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return found.hexdigest()
