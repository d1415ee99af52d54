"""A smart factory's event log: fitted on three days, checked on the fourth; and each day from the others.

    python benchmarks/validate_trier.py --json benchmarks/results/trier.json [--data FOLDER] [--later LOG]

The log is the main process of the Trier smart factory (Malburg, Grüger, Bergmann 2022, doi
10.6084/m9.figshare.20130794, CC BY 4.0); it is not part of this project. `--later` judges a log of other days with the
model of all days of the first.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from twin.calibrate.moments import text_of
from twin.eventlog.visits import DAY, VisitLog, read_visits
from twin.learn.learn import learn
from twin.learn.model import VisitModel, visit_model
from twin.validation.report import as_dict
from twin.validation.validation import Validation, validate_model

FILE = "events_2021-06-23_to_2021-07-01.csv.gz"


def folder_of(given: str | None = None) -> Path:
    """Where the log lies: as given, in LINETWIN_DATA, or beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "trier_smart_factory_log"
    return Path(given or os.environ.get("LINETWIN_DATA") or beside)


def model_of(log: VisitLog) -> VisitModel:
    """What these days tell."""
    return visit_model(learn(log))


def shown(name: str, found: Validation) -> None:
    """One line a prediction."""
    print(f"\n{name}: {found.visits[0]} of {found.visits[1]} visits judged; {found.verdict.headline}")
    rows = {f"visit times, {key}": one for key, one in found.coverage.items()}
    if found.lead_times is not None:
        rows["lead times"] = found.lead_times
    for key, one in rows.items():
        held = " ".join(f"{share:6.3f}" for share in one.held)
        print(f"  {key:36s} n {one.n:5d}  50, 80, 90 %: {held}  mean rank {one.mean:.2f}  width {one.width:6.1f} s")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with the log")
    parser.add_argument("--later", type=Path, help="a log of other days, to be judged with the model of all these")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    words = parser.parse_args()
    path = folder_of(words.data) / FILE
    if not path.is_file():
        sys.exit(f"{path} is not there: put the log into a folder and name it with --data.")
    log = read_visits(path)
    days = np.unique(log.day)
    results: dict[str, Any] = {}

    def case(name: str, fitted: VisitLog, judged: VisitLog) -> None:
        found = validate_model(model_of(fitted), judged, name=name)
        shown(name, found)
        results[name] = {key: as_dict(found)[key] for key in ("days", "visits", "visit_times", "lead_times", "verdict")}

    case("three days tell the fourth", log.select(log.day < days[-1]), log.select(log.day == days[-1]))
    for day in days[:-1]:
        name = f"the other days tell {text_of(float(day) * DAY)[:10]}"
        case(name, log.select(log.day != day), log.select(log.day == day))
    if words.later:
        case(f"four days tell {words.later.name}", log, read_visits(words.later))
    if words.json:
        words.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
