"""Event logs of lines that the twin simulated, so that the truth is known."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from twin.eventlog.visits import VisitLog
from twin.line import Line
from twin.spec import load_line

T = TypeVar("T")


def there(value: T | None) -> T:
    """Something that is there."""
    assert value is not None
    return value


@cache
def example() -> ModuleType:
    """`examples/synthetic_event_log.py`."""
    path = Path(__file__).parents[1] / "examples" / "synthetic_event_log.py"
    spec = importlib.util.spec_from_file_location("synthetic_event_log", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def line_of(text: str, folder: Path) -> Line:
    """The line of a file with this text."""
    path = folder / "truth.toml"
    path.write_text(text, encoding="utf-8")
    return load_line(path)


def station(name: str, time: str, more: str = "") -> str:
    """A timed station as text."""
    return f'[[station]]\nname = "{name}"\nprocess.model = "timed"\nprocess.time = {{ {time} }}\n{more}\n'


def lognormal(mean: float, cv: float) -> str:
    """Keys of a lognormal time."""
    return f'distribution = "lognormal", mean = "{mean} s", cv = {cv}'


def line_text(stations: str, source: str = 'mode = "saturated"', more: str = "") -> str:
    """A line file that begins on a Monday at six."""
    return f'schema = 1\n[line]\nname = "truth"\nstart = "2026-01-05 06:00"\n[source]\n{source}\n{more}\n{stations}'


SHIFT = '[[shift]]\ndays = "mon-fri"\nfrom = "06:00"\nto = "14:00"\nbreaks = ["09:00-09:15", "11:30-12:00"]'


FOUR = line_text(
    station(
        "saw",
        lognormal(34, 0.15),
        f'process.product.B = {{ {lognormal(40, 0.25)} }}\nsetup = {{ default = "9 s" }}\nscrap = 0.03',
    )
    + station(
        "mill",
        'distribution = "gamma", mean = "84 s", cv = 0.2',
        'machines = 2\nbuffer = 3\ntransport = "6 s"\n'
        'process.product.B = { distribution = "gamma", mean = "70 s", cv = 0.3 }',
    )
    + station(
        "wash",
        'distribution = "weibull", shape = 3.0, scale = "30 s"',
        'buffer = 4\ntransport = "4 s"\nprocess.product.B = { distribution = "weibull", shape = 2.0, scale = "36 s" }',
    )
    + station(
        "test",
        lognormal(36, 0.3),
        f'buffer = 2\ntransport = "5 s"\nrework = {{ share = 0.06, max_attempts = 2 }}\n'
        f"process.product.B = {{ {lognormal(31, 0.3)} }}",
    ),
    'mode = "interval"\ntime = { distribution = "exponential", mean = "60 s" }',
    f'[[product]]\nname = "A"\nshare = 0.6\n[[product]]\nname = "B"\nshare = 0.4\n{SHIFT}',
)
"""A line with all that a log may show: setup, scrap, rework, two machines, products, transport, shifts with breaks."""


def rows_of(line: Line, *, hours: float, seed: int = 0) -> list:
    """The visits of a run as rows of the example."""
    return example().visits(line, days=hours / 24, seed=seed)[0]


def written(line: Line, path: Path, *, hours: float, seed: int = 0, stretch: dict[str, float] | None = None) -> Path:
    """The log of a run; visits of a station may be given another length, which nobody waits for."""
    rows = [
        replace(row, complete=row.start + (row.complete - row.start) * (stretch or {}).get(row.station, 1.0))
        for row in rows_of(line, hours=hours, seed=seed)
    ]
    example().write(path, rows, line.start)
    return path


def as_tuples(log: VisitLog) -> list[tuple]:
    """Part, station, start and completion of each visit, in order."""
    cells = zip(range(len(log)), log.start.tolist(), log.complete.tolist(), strict=True)
    return sorted((log.case[k], log.station[k], start, complete) for k, start, complete in cells)
