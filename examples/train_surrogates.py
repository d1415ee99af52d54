"""Train the surrogates that ship with the package anew: `python examples/train_surrogates.py [MODEL ...]`.

Each takes a minute or two of one core. On the same machine the same files come out, but for the seconds they took.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import surrogates  # noqa: E402
from surrogates.swap import SHIPPED  # noqa: E402
from twin.physics import FAMILIES  # noqa: E402

MODELS = ("die_casting", "die_casting_section", "machining", "oven")


def main() -> None:
    """Train those that are named, or all."""
    from rich.progress import Progress  # noqa: PLC0415 - only when run

    with Progress() as bars:
        for model in sys.argv[1:] or MODELS:
            bar = bars.add_task(model, total=None)

            def show(look: int, looks: int, error: float, model: str = model, bar: int = bar) -> None:
                bars.update(bar, completed=look, total=looks, description=f"{model}, error {error:.4f}")  # type: ignore[arg-type]

            path = surrogates.save(surrogates.train(FAMILIES[model](), progress=show), SHIPPED / f"{model}.surrogate")
            bars.update(bar, total=1, completed=1, description=f"{path.relative_to(ROOT)}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
