"""Power of a milling machine per machining step, from feed, speed and axis motion: measured samples as a table.

Data: Sun and the SMART laboratory, University of Michigan, Tool wear detection in CNC mill, 2018 (CC0): 18 runs in wax.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surrogates.columns import Dirty, read_columns
from surrogates.table import Table

__all__ = ["INPUTS", "OUTPUTS", "gutowski", "read_samples", "step_table"]

Floats = NDArray[np.float64]
INPUTS = {
    "feed": "mm/s",
    "clamp_pressure": "bar",
    "worn": "1",
    "spindle_speed": "mm/s",
    "spindle_effort": "mm^2/s^3",
    "path_speed": "mm/s",
    "x_speed": "mm/s",
    "y_speed": "mm/s",
    "z_speed": "mm/s",
    "x_effort": "mm^2/s^3",
    "y_effort": "mm^2/s^3",
    "layer": "1",
    "length": "s",
}
"""Means over a step of what was commanded. Effort is the mean of max(velocity times acceleration, 0), which times mass
is the power to speed the axis up."""
OUTPUTS = {"spindle": "W", "axes": "W"}
PERIOD = 0.1
SHORTEST = 10
"""Samples in a step; shorter ones are left out, because a mean of a few samples is mostly noise."""


def read_samples(folder: Path) -> tuple[dict[str, NDArray[Any]], tuple[Dirty, ...]]:
    """The samples of all runs with their settings, and the ones that are wrong.

    By the note that comes with the data, samples are wrong where the feed reads 50, X stands at 198, or the program
    is not 0. The last would leave 705 of 25,286 samples, most of them idle, so only the first two are left out here.

    Args:
        folder: where `experiments.parquet` and `train.csv` lie.

    Returns:
        Columns of the samples that are left, and the rows left out.

    Raises:
        ValueError: when a file is missing or lacks a column.
    """
    axes = [f"{axis}1_Command{what}" for axis in "XYS" for what in ("Velocity", "Acceleration")]
    measured = ["Z1_CommandVelocity", "S1_OutputPower", "X1_OutputPower", "Y1_OutputPower", "X1_ActualPosition"]
    names = ("experiment", "sample", "Machining_Process", "M1_CURRENT_FEEDRATE", *axes, *measured)
    raw = read_columns(folder / "experiments.parquet", only=names)
    runs = read_columns(folder / "train.csv", only=("No", "feedrate", "clamp_pressure", "tool_condition"))
    home, rapid = raw["X1_ActualPosition"] == 198, raw["M1_CURRENT_FEEDRATE"] == 50
    dirty = [Dirty(int(i) + 1, "X position reads 198") for i in np.flatnonzero(home)]
    dirty += [Dirty(int(i) + 1, "feed reads 50") for i in np.flatnonzero(rapid & ~home)]
    good = ~(home | rapid)
    samples = {name: values[good] for name, values in raw.items()}
    place = {int(number): i for i, number in enumerate(runs["No"])}
    which = np.array([place[int(number)] for number in samples["experiment"]])
    samples |= {"feed": runs["feedrate"][which].astype(float), "clamp": runs["clamp_pressure"][which].astype(float)}
    samples["worn"] = (runs["tool_condition"][which] == "worn").astype(float)
    return samples, tuple(sorted(dirty))


def step_table(samples: dict[str, NDArray[Any]]) -> Table:
    """One row per machining step: samples of one run that follow each other in one stage, spindle on or off.

    Args:
        samples: of `read_samples`.

    Returns:
        A table of `INPUTS` and `OUTPUTS` whose groups are the runs.

    Raises:
        ValueError: when no step is long enough.
    """
    on = samples["S1_CommandVelocity"] > 1
    stage = np.char.lower(samples["Machining_Process"].astype(str))
    same = (
        (np.diff(samples["experiment"]) == 0)
        & (stage[1:] == stage[:-1])
        & (on[1:] == on[:-1])
        & (np.diff(samples["sample"]) == 1)
    )
    step = np.concatenate([[0], np.cumsum(~same)])
    count = np.bincount(step)
    first = np.searchsorted(step, np.arange(len(count)))

    def average(values: NDArray[Any]) -> Floats:
        return np.bincount(step, weights=values.astype(float)) / count

    speed = {axis: samples[f"{axis}1_CommandVelocity"].astype(float) for axis in "XYZ"}
    effort = {axis: np.maximum(speed[axis] * samples[f"{axis}1_CommandAcceleration"], 0) for axis in "XY"}
    layer = np.array([float(text[6]) if text.startswith("layer") else 0.0 for text in stage[first]])
    columns: dict[str, NDArray[Any]] = {
        "feed": samples["feed"][first],
        "clamp_pressure": samples["clamp"][first],
        "worn": samples["worn"][first],
        "spindle_speed": average(samples["S1_CommandVelocity"]),
        "spindle_effort": average(
            np.maximum(samples["S1_CommandVelocity"] * samples["S1_CommandAcceleration"].astype(float), 0)
        ),
        "path_speed": average(np.sqrt(speed["X"] ** 2 + speed["Y"] ** 2 + speed["Z"] ** 2)),
        **{f"{axis.lower()}_speed": average(np.abs(speed[axis])) for axis in "XYZ"},
        **{f"{axis.lower()}_effort": average(effort[axis]) for axis in "XY"},
        "layer": layer,
        "length": count * PERIOD,
        "spindle": average(samples["S1_OutputPower"]) * 1e3,
        "axes": average(samples["X1_OutputPower"] + samples["Y1_OutputPower"]) * 1e3,
        "run": samples["experiment"][first],
    }
    long = count >= SHORTEST
    if not long.any():
        raise ValueError(
            f"samples: no step has {SHORTEST} of them; the power of a step is a mean. Check that samples are in order."
        )
    chosen = {name: values[long] for name, values in columns.items()}
    return Table.made(chosen, inputs=INPUTS, outputs=OUTPUTS, group="run")


def gutowski(x: Floats) -> Floats:
    """Terms of the power of a machine: base while the spindle turns, cutting by removed volume, moving axes.

    Power = P_0 + k V (Gutowski, Dahmus and Thiriez, Electrical energy requirements for manufacturing processes, CIRP
    LCE 2006); depth and width of cut are those of one program in all runs, so the removal rate V goes with the path
    speed, and worn edges add to k. The base grows with the spindle's speed, which also takes inertia times effort. An
    axis takes Coulomb and viscous friction, a |v| + b v², and mass times effort.

    Args:
        x: `INPUTS` [case, input].

    Returns:
        Terms [case, term]: speed and effort of the spindle, path speed, the same where worn, |v| and v² of each axis,
        effort of X and Y.
    """
    named = dict(zip(INPUTS, x.T, strict=True))

    speeds = [named[f"{axis}_speed"] for axis in "xyz"]
    path = named["path_speed"]
    terms = [named["spindle_speed"], named["spindle_effort"], path, named["worn"] * path]
    terms += [*speeds, *(v**2 for v in speeds)]
    return np.stack([*terms, named["x_effort"], named["y_effort"]], axis=1)
