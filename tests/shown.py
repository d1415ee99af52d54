"""A small line with everything that a picture has to show, and its run."""

from __future__ import annotations

from functools import lru_cache

import twin
from twin.trace import Trace
from viz.story import Story, story_of

LINE = """
schema = 1
[line]
name = "shown"
start = "2026-01-05 06:00"
[source]
mode = "saturated"
[[product]]
name = "A"
share = 0.6
[[product]]
name = "B"
share = 0.4
[[shift]]
days = "mon-fri"
from = "06:00"
to = "14:00"
breaks = ["06:40-06:50"]
[[station]]
name = "Cast"
process = { model = "timed", time = { distribution = "gamma", mean = "30 s", cv = 0.2 } }
power = { processing = "20 kW", starved = "4 kW", blocked = "4 kW", down = "2 kW", planned_stop = "1 kW" }
[[station]]
name = "Mill"
machines = 2
buffer = 4
transport = "20 s"
process = { model = "timed", time = { distribution = "gamma", mean = "58 s", cv = 0.3 } }
power = { processing = "8 kW", starved = "2 kW", blocked = "2 kW", down = "1 kW", planned_stop = "1 kW" }
[[station.failure]]
name = "jam"
up = { distribution = "exponential", mean = "10 min" }
down = { distribution = "exponential", mean = "90 s" }
[[station]]
name = "Oven"
kind = "conveyor"
machines = 6
buffer = 2
transport = "15 s"
pitch = "20 s"
process = { model = "timed", time = { distribution = "constant", mean = "180 s" } }
[[station]]
name = "Rack and press"
buffer = 20
transport = "60 s"
scrap = 0.08
process = { model = "timed", time = { distribution = "gamma", mean = "28 s", cv = 0.8 } }
[[station]]
name = "Pack"
process = { model = "timed", time = { distribution = "gamma", mean = "24 s", cv = 0.2 } }
"""


@lru_cache(maxsize=1)
def trace() -> Trace:
    return twin.simulate(twin.read_line(LINE), horizon=7200.0, replications=2, seed=3)


@lru_cache(maxsize=1)
def story() -> Story:
    return story_of(trace(), 1)
