"""What the formula in a surrogate is worth where cases are few: `python benchmarks/structure.py [MODEL ...]`.

Trains one network alone and one that corrects the family's formula, with one recipe, on a share of the cases, with five
seeds; the same as the block "efficiency" of a trust card. A minute or two of CPU time for each model and share.
"""

from __future__ import annotations

import argparse
from typing import Any

import surrogates
from surrogates.swap import SHIPPED
from surrogates.trusted.efficiency import efficiency
from surrogates.trusted.points import fresh


def interval(found: dict[str, Any]) -> str:
    """A mean and its 95 % interval."""
    low, high = found["ci95"]
    return f"{found['mean']:.3g} ({low:.3g} to {high:.3g})"


def main() -> None:
    """Train, and print errors and their ratio for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=("oven", "die_casting"), help="families whose surrogates ship")
    parser.add_argument("--share", type=float, default=0.1, help="of the cases")
    words = parser.parse_args()
    for model in words.models:
        made = surrogates.load(SHIPPED / f"{model}.surrogate")
        found = efficiency(made, fresh(made.problem, 5000), shares=(words.share,))
        for row in found["rows"]:
            print(f"{model}: {row['cases']} cases, {row['kind']}: {interval(row['error'])}", flush=True)
        for ratio in found["ratios"]:
            print(f"{model}: plain / structure {interval(ratio)}", flush=True)


if __name__ == "__main__":
    main()
