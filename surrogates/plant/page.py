"""What a study found, as a page of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surrogates.compare import Comparison
from surrogates.scores import Scores

__all__ = ["root_mean_square_table", "score_table", "text_table", "verdict_lines", "written"]


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table.

    Example:
        >>> print(text_table(["model", "R²"], [["mean", "0"]]))
        | model | R² |
        |---|---|
        | mean | 0 |
    """
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def score_table(scores: Mapping[str, Scores], unit: str) -> str:
    """Scores of one output, a row per model, each with its 95 % interval."""
    head = ["model", "R² (95 %)", f"RMSE [{unit}] (95 %)", f"MAE [{unit}] (95 %)"]
    return text_table(head, [[name, str(found.r2), str(found.rmse), str(found.mae)] for name, found in scores.items()])


def root_mean_square_table(found: Comparison, y: NDArray[np.float64], parts: NDArray[np.str_], *, unit: str) -> str:
    """RMSE of the first output, a row per model and a column per part of the rows; root of the mean over seeds.

    Args:
        found: what `compare` found.
        y: measured [case, output].
        parts: to which part a row belongs [case].
        unit: of the output.
    """
    names = list(dict.fromkeys(parts.tolist()))
    rows = []
    for model, predicted in found.predicted.items():
        squares = np.square(predicted[:, :, 0] - y[:, 0]).mean(axis=0)
        rows.append([model, *(f"{np.sqrt(np.nanmean(squares[parts == part])):.3g}" for part in names)])
    return text_table([f"RMSE [{unit}]", *names], rows)


def verdict_lines(found: Comparison, output: str) -> str:
    """The verdicts on one output, one line per model."""
    return "\n".join(f"- **{name}** is {verdict.text}." for name, verdict in found.verdicts[output].items())


def written(path: Path, parts: Sequence[str], say: Callable[[str], None]) -> None:
    """Writes a page and says so.

    Args:
        path: of the page; its folder is made.
        parts: paragraphs, tables and headings.
        say: takes the page and one line about it, e.g. `print`.
    """
    text = "\n\n".join(part.strip() for part in parts) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    say(text)
    say(f"written: {path}")
