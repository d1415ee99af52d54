"""The line itself: description, exact differentiable simulation, trace, KPIs; and what is learned of it from logs.

>>> import twin
>>> line = twin.load_line("reference")
>>> run = twin.simulate(line, parts=200, warmup_parts=50, replications=2, record="kpis")
>>> round(float(twin.kpis(run)["throughput"].mean)) > 2000
True
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax

jax.config.update("jax_enable_x64", True)

from twin.critical import critical_path  # noqa: E402
from twin.difference import difference  # noqa: E402
from twin.errors import LineError  # noqa: E402
from twin.fallback import first_principles  # noqa: E402
from twin.gradient import GradientError  # noqa: E402
from twin.kpi import kpis  # noqa: E402
from twin.line import Line, Setpoint, Station  # noqa: E402
from twin.many import simulate_many  # noqa: E402
from twin.outside import visits_outside  # noqa: E402
from twin.parameters import drawn  # noqa: E402
from twin.profile import load_profile  # noqa: E402
from twin.run import simulate  # noqa: E402
from twin.sensitivity import Sensitivity, Slopes, sensitivity  # noqa: E402
from twin.spec import load_line, read_line  # noqa: E402
from twin.split import energy_split  # noqa: E402
from twin.state import State  # noqa: E402
from twin.statistics import replications_needed, suggest_warmup  # noqa: E402
from twin.trace import Trace, from_parquet  # noqa: E402

__all__ = [
    "GradientError",
    "Line",
    "LineError",
    "Sensitivity",
    "Setpoint",
    "Slopes",
    "State",
    "Station",
    "Trace",
    "critical_path",
    "difference",
    "drawn",
    "energy_split",
    "first_principles",
    "from_parquet",
    "kpis",
    "load_line",
    "load_profile",
    "read_line",
    "replications_needed",
    "sensitivity",
    "simulate",
    "simulate_many",
    "suggest_warmup",
    "visits_outside",
]
