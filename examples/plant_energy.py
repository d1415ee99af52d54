"""Load of a steel plant from the calendar, the load type and past values; writes docs/trust/plant_energy.md.

    python examples/plant_energy.py [--data FILE] [--seeds 5] [--page docs/trust/plant_energy.md]

Data: Sathishkumar, Shin and Cho, doi 10.24432/C52G8C (CC BY 4.0), January to September, not part of this project;
`python examples/synthetic_plant.py FOLDER` writes a small stand-in.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from surrogates.baselines import as_before, linear, mean, trees
from surrogates.compare import compare
from surrogates.plant.models import hybrid, network
from surrogates.plant.page import score_table, verdict_lines, written
from surrogates.plant.plant_energy import DAY, load_table, read_load
from surrogates.splits import Fold, forward
from surrogates.table import Table

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data")
BASELINES = ("mean", "last value", "same time last week", "linear", "boosted trees")
TITLES = {1: "A quarter of an hour ahead", DAY: "A day ahead"}


def later(table: Table, seed: int) -> tuple[Fold, ...]:  # noqa: ARG001 - every seed has the same folds
    """The second half in four stretches, each predicted from all that ended a day before it."""
    assert table.time is not None
    return forward(table.time, folds=4, first=0.5, gap=DAY)


def main() -> None:
    """Compares the models and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DATA / "steel_industry_energy/steel_industry_2018_jan_sep.csv.gz")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "trust" / "plant_energy.md")
    given = parser.parse_args()
    rows = read_load(given.data)
    parts = []
    for ahead, title in TITLES.items():
        table = load_table(rows, ahead=ahead)
        place = list(table.inputs).index
        models = {
            "mean": mean,
            "last value": as_before([place("load_1")]),
            "same time last week": as_before([place("week_before")]),
            "linear": linear(),
            "boosted trees": trees(),
            "network": network(**NETWORK),
            "linear and network": hybrid(linear(), network(**NETWORK)),
        }
        weeks = table.columns["week"]
        found = compare(table, models, later, baselines=BASELINES, seeds=given.seeds, fixed=BASELINES, blocks=weeks)
        parts += [f"## {title}", score_table(found.scores["load"], "kWh"), verdict_lines(found, "load")]
    written(given.page, [HEAD.format(rows=len(rows["load"]), seeds=given.seeds), *parts], print)


NETWORK = {"steps": 2000, "hidden": (64, 64), "decay": 0.1}
HEAD = """
# Plant energy: load of a steel plant

    python examples/plant_energy.py

{rows} quarter hours, January to September 2018 (Sathishkumar, Shin and Cho, doi 10.24432/C52G8C, CC BY 4.0; not
part of this project). **Inputs**: time of day, weekday, load type (of the tariff, known in advance), and past
loads that are known when the prediction is made. Reactive power, power factor and CO2 of the same quarter hour
are not inputs: they hold the load itself, and the R² of 0.997 and more that is published with them, on random
folds, is that of a redundant meter, no forecast. **Split**: the second half in four stretches, each predicted
from all rows that end a day before it begins; {seeds} seeds; 95 % intervals from a bootstrap of weeks and
seeds.

The plant's plan of orders and of days without work is not among the data. The size, steps and weight decay of
the network were chosen among eight on the first half alone; before that, three other choices had been tried on
the second half, and none was better than boosted trees by an interval that leaves zero out. "Last value" a day
ahead is that of the same time the day before.
"""

if __name__ == "__main__":
    main()
