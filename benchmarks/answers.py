"""What the studies on `housing` answer, at their full number of replications.

    python benchmarks/answers.py --markdown docs/studies-answers.md
    python benchmarks/answers.py one_more_mill tool_change

One table a study: the baseline, and the differences of its scenarios that hold together in 95 % of studies.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.compiled import prepare_jax

if TYPE_CHECKING:
    from scenarios.outcome import Outcome
    from scenarios.study_result import StudyResult

HEAD = """# What the studies answer

Paired differences to the baseline on common random numbers; those of one study hold together in 95 % of studies
([studies.md](studies.md)). `housing` is a line of assumptions ([housing.md](housing.md)), and so are the prices.
Made by

    python benchmarks/answers.py --markdown docs/studies-answers.md
"""


def table_of(result: StudyResult, seconds: float) -> str:
    """A study in Markdown."""
    from scenarios.study_console import figure_said  # noqa: PLC0415  after JAX is set up

    study, shown, length = result.study, result.shown, result.length
    span = f"{length.horizon / 3600:g} h" if length.horizon is not None else f"{length.parts} good parts"
    lines = [
        f"\n## {study.name}\n",
        f"{study.question} ({span}, {length.replications} replications, {seconds:.0f} CPU s with compilation)\n",
        "| | " + " | ".join(name.replace("_", " ") for name in shown) + " |",
        "|---|" + "---|" * len(shown),
        f"| {result.baseline.name} | "
        + " | ".join(figure_said(name, result.baseline.figures[name]) for name in shown)
        + " |",
    ]
    for outcome in result.scenarios:
        found = result.difference(outcome)
        lines.append(f"| {outcome.name} | " + " | ".join(found[name].words() for name in shown) + " |")
    for condition in study.conditions:
        cases = [_chance(result, outcome, condition.text) for outcome in (result.baseline, *result.scenarios)]
        lines.append(f"\nProbability of `{condition.text}`: " + "; ".join(cases) + ".")
    return "\n".join(lines) + "\n"


def _chance(result: StudyResult, outcome: Outcome, text: str) -> str:
    chance = next(chance for chance in result.chances(outcome) if chance.text == text)
    low, high = chance.ci95
    return f"{outcome.name} {100 * chance.share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def main(words: Sequence[str] | None = None) -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", help="names; all of `housing` without any")
    parser.add_argument("--markdown", type=Path, help="where to write the tables")
    options = parser.parse_args(words)
    prepare_jax()
    from scenarios.study import load_study, studies  # noqa: PLC0415  after JAX is set up

    found = [HEAD]
    for name in options.studies or studies():
        study = load_study(name)
        if not options.studies and study.line != "housing":
            continue
        begun = time.process_time()
        result = study.run()
        found.append(table_of(result, time.process_time() - begun))
        print(found[-1], flush=True)
        if options.markdown:
            options.markdown.write_text("".join(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
