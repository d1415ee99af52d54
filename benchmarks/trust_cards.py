"""Train the surrogates of the housing line and measure what they may be trusted with: docs/trust/*.json and *.md.

    python benchmarks/trust_cards.py oven die_casting machining --out docs/trust

Each takes about ten minutes of CPU time. A surrogate is trained as `linetwin train` does it without options.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from scenarios.compiled import compile_whole_loops

MODELS = ("oven", "die_casting", "machining")


def as_lines(card: dict[str, Any]) -> str:
    """JSON with a line for each block, so that a change shows where it is."""
    lines = [f"{json.dumps(name)}: {json.dumps(block, ensure_ascii=False)}" for name, block in card.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Train, measure, and write a card for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS, help="families with a solver")
    parser.add_argument("--out", type=Path, default=Path("docs/trust"), help="folder of the cards")
    parser.add_argument("--seeds", type=int, default=5, help="trainings that are compared")
    parser.add_argument("--quick", action="store_true", help="measure little, to try it")
    words = parser.parse_args()
    compile_whole_loops()
    import surrogates  # noqa: PLC0415 - after the options of XLA
    from surrogates.trust import trust  # noqa: PLC0415
    from twin.physics import FAMILIES  # noqa: PLC0415
    from twin.store import write_atomic  # noqa: PLC0415

    for model in words.models:
        begin = time.process_time()
        made = surrogates.train(FAMILIES[model]())
        print(f"{model}: trained, {time.process_time() - begin:.0f} s", flush=True)
        say = lambda what, done, count: print(f"  {done}/{count} {what}", flush=True)  # noqa: E731
        command = f"python benchmarks/trust_cards.py {model}"
        card = trust(made, seeds=words.seeds, quick=words.quick, command=command, progress=say)
        write_atomic(words.out / f"{model}.json", as_lines(card))
        try:
            from surrogates.card import markdown  # type: ignore[import-not-found] # noqa: PLC0415
        except ImportError:
            print("  no page: this version cannot draw cards")
        else:
            write_atomic(words.out / f"{model}.md", markdown(card))
        for verdict in card["verdicts"]:
            print(f"  {'yes' if verdict['passes'] else 'NO '} {verdict['claim']}: {verdict['found']}")
        print(f"{model}: {time.process_time() - begin:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
