"""Injection moulding and the screw station behind it: measured cycles as a table, and the formulas for them.

Data: West and Deuse, Industrial screw driving dataset collection, doi 10.5281/zenodo.14729547, and the cross-process
chain data of the same authors (MIT licence).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surrogates.baselines import Fit, Predict, linear
from surrogates.chain import Key, Link, Records, join
from surrogates.columns import read_columns
from surrogates.table import Table

__all__ = [
    "CYCLE", "INPUTS", "OUTPUTS", "RUN", "chain_table", "cycle_formula", "moulding_table", "plate_formula",
    "read_cycles", "screw_runs", "series_of", "weight_formula",
]  # fmt: skip

Floats = NDArray[np.float64]

REFERENCE = {"cooling_time": 25.0, "mould_temperature": 40.0, "fibre": 30.0}
"""What held where the label does not say (s, degC, % of mass). The first and the last are the levels at which their
series join the reference; 40 degC is the level that the series of mould temperatures leaves out."""
INPUTS = {
    "cooling_time": "s",
    "mould_temperature": "degC",
    "fibre": "%",
    "fibre_before": "%",
    "Q304": "cm^3/s",
    "Q305": "cm^3/s",
    "V304": "cm^3",
    "V305": "cm^3",
    "shots_since_change": "1",
    "shots_since_pause": "1",
}
"""Settings, the material before the last change, and how long the machine has run on it and since it stood."""
OUTPUTS = {"weight": "g", "t4012": "s"}
PAUSE = 120.0
"""From one cycle to the next [s]: longer than this, the machine stood; a cycle takes 36 to 42 s."""
LONGEST = {"shots_since_change": 60.0, "shots_since_pause": 200.0}
"""Counts stop here: what happened longer ago has gone."""
STROKE = 120.0
"""Volume in front of the screw when injection begins [cm3]: V301I is 119.8 in nearly all cycles."""
CYCLE, RUN = Key("upper_workpiece_id", r"^\d+$"), Key("workpiece_id", r"\d{6}$")
"""Where the id of a housing stands in a moulding cycle and in a screw run."""
NEEDED = ("lower_workpiece_id", "upper_workpiece_id", "class_value", "date", "time", "file_name", "T801I")


def series_of(label: str) -> str:
    """The series of trials to which a condition belongs: its label without levels and repeats.

    Example:
        >>> series_of("switching_point_22_1"), series_of("glass_fiber_content_30"), series_of("reference_03")
        ('switching_point', 'glass_fiber_content', 'reference')
    """
    return re.sub(r"(_\d+)+$", "", label)


def read_cycles(folder: Path) -> dict[str, NDArray[Any]]:
    """The cycles that have a record and were weighed, with settings from their labels.

    A row without a record carries "Missing", zeros and midnight; it is left out, as is a weight of zero. Numbers of
    shots are counted before that, so that shots without a record count.

    Args:
        folder: where `injection_lower_cycles.csv.gz` lies.

    Returns:
        Name -> values of the columns in `INPUTS` and `OUTPUTS`, "condition", "series", "upper_workpiece_id", "shot"
        (the running number), "row" of the file and "moment" [s].

    Raises:
        ValueError: when the file is missing or lacks a column.
    """
    machine = ("Q304", "Q305", "V304", "V305", *OUTPUTS)
    raw = read_columns(folder / "injection_lower_cycles.csv.gz", only=(*NEEDED, *machine))
    kept = (raw["weight"] > 0) & (raw["file_name"] != "Missing") & (raw["t4012"] > 0) & (raw["T801I"] > 0)
    shot = raw["lower_workpiece_id"].astype(float)
    fibre = _level(raw["class_value"], "glass_fiber_content", REFERENCE["fibre"])
    changes = np.flatnonzero(np.diff(fibre) != 0) + 1
    last = np.searchsorted(changes, np.arange(len(shot)), side="right")
    began = np.concatenate([[0], changes])[last]
    before = np.where(last > 0, fibre[np.maximum(began - 1, 0)], fibre[0])
    cycles: dict[str, NDArray[Any]] = {name: raw[name][kept].astype(float) for name in machine}
    labels = raw["class_value"][kept]
    cycles |= {
        "condition": labels,
        "series": np.array([series_of(label) for label in labels]),
        "upper_workpiece_id": np.array(
            [int(text) if str(text).isdigit() else -1 for text in raw["upper_workpiece_id"][kept]]
        ),
        "cooling_time": _level(labels, "cooling_time", REFERENCE["cooling_time"]),
        "mould_temperature": _level(labels, "mold_temperature", REFERENCE["mould_temperature"]),
        "fibre": fibre[kept],
        "shot": shot[kept],
        "row": np.flatnonzero(kept) + 2,
    }
    day = raw["date"][kept]
    overnight = raw["date"][began] != raw["date"][np.maximum(began - 1, 0)]
    purged = ((raw["date"][began] != raw["date"]) | overnight)[
        kept
    ]  # a machine that stood overnight starts with the new material
    since = np.minimum(shot[kept] - shot[began][kept], LONGEST["shots_since_change"])
    none = (last == 0)[kept] | purged
    cycles["fibre_before"] = np.where(none, cycles["fibre"], before[kept])
    cycles["shots_since_change"] = np.where(none, LONGEST["shots_since_change"], since)
    clock = np.array([f"{a}T{b}" for a, b in zip(day, raw["time"][kept], strict=True)], "datetime64[s]").astype(float)
    stood = np.concatenate([[True], np.diff(clock) > PAUSE])
    first = shot[kept][np.maximum.accumulate(np.where(stood, np.arange(len(stood)), 0))]
    cycles["moment"] = clock
    cycles["shots_since_pause"] = np.minimum(shot[kept] - first, LONGEST["shots_since_pause"])
    return cycles


def moulding_table(cycles: Mapping[str, NDArray[Any]]) -> Table:
    """Settings to part weight and cycle time; a group is a condition (`class_value`)."""
    return Table.made(cycles, inputs=INPUTS, outputs=OUTPUTS, group="condition", keep=("series", "upper_workpiece_id"))


def screw_runs(folder: Path) -> Records:
    """The runs of the screw station on housings of these cycles, scenario s06.

    Args:
        folder: where `screw_events.csv.gz` lies.

    Raises:
        ValueError: when the file is missing, lacks a column, or has no such run.
    """
    path = folder / "screw_events.csv.gz"
    raw = read_columns(path)
    linked = np.flatnonzero(raw["scenario"] == "s06")
    columns = {name: values[linked] for name, values in raw.items()}
    return Records("screw", columns, where=path.name, rows=linked + 2)


def chain_table(cycles: Mapping[str, NDArray[Any]], folder: Path, *, predicted: Floats) -> Table:
    """Moulding cycle to the verdict of the screw station on its housing, one row per screw run of the linked scenario.

    Args:
        cycles: of `read_cycles`.
        folder: where `screw_events.csv.gz` lies.
        predicted: weight of each cycle [cycle] as predicted by a surrogate that has not seen its condition [g].

    Returns:
        A table with the settings, the weight as measured and as predicted, and the output "nok" (1 or 0).

    Raises:
        ValueError: when the file is missing, lacks a column, or no run finds its cycle.
    """
    mould = Records("mould", {**cycles, "weight_predicted": np.asarray(predicted)}, rows=cycles["row"])
    found = join(screw_runs(folder), [Link(mould, CYCLE, RUN)]).columns
    inputs = {**INPUTS, "weight": "g", "weight_predicted": "g"}
    columns = {name: found[f"mould.{name}"] for name in (*inputs, "condition", "series")}
    columns["nok"] = (found["screw.workpiece_result"] == "NOK").astype(float)
    return Table.made(columns, inputs=inputs, outputs={"nok": "1"}, group="condition", keep=("series",))


def filling_time(x: Mapping[str, Floats]) -> Floats:
    """Time to inject in two stages at set flows [s]: (stroke - V304) / Q304 + (V304 - V305) / Q305."""
    return (STROKE - x["V304"]) / x["Q304"] + np.maximum(x["V304"] - x["V305"], 0) / x["Q305"]


def cycle_formula(x: Floats, y: Floats, *, seed: int) -> Predict:  # noqa: ARG001 - the interface of all models
    """Cycle time = set cooling time + filling time + the rest; only the rest is fitted, as a median.

    The machine holds the mould closed for the set time, whatever the part needs. A median, because the labels of some
    series do not say that another cooling time was set.

    Args:
        x: `INPUTS` [case, input].
        y: cycle time [case, 1] [s].
        seed: not used.
    """

    def known(inputs: Floats) -> Floats:
        named = dict(zip(INPUTS, inputs.T, strict=True))
        return (named["cooling_time"] + filling_time(named))[:, None]

    rest = np.median(y - known(x), axis=0)
    return lambda inputs: known(inputs) + rest


def plate_formula(x: Floats, y: Floats, *, seed: int) -> Predict:
    """Cycle time = b + w times the cooling time that a plate needs + filling time, b and w fitted.

    The plate is that of `twin.physics.moulding` (2.5 mm, 9e-8 m2/s, melt at 230 degC, ejected at 90 degC); w stands for
    another thickness. It holds where cooling is set to what the part needs.

    Args:
        x: `INPUTS` [case, input].
        y: cycle time [case, 1] [s].
        seed: not used.
    """
    from twin.physics.moulding import cooling_time  # noqa: PLC0415 - brings JAX

    def terms(inputs: Floats) -> tuple[Floats, Floats]:
        named = dict(zip(INPUTS, inputs.T, strict=True))
        needed = cooling_time(2.5e-3, 9e-8, melt=230.0, mould=named["mould_temperature"], ejection=90.0)
        return np.asarray(needed, float)[:, None], filling_time(named)[:, None]

    needed, filling = terms(x)
    inner = linear(1e-6)(needed, y - filling, seed=seed)
    return lambda inputs: inner(terms(inputs)[0]) + terms(inputs)[1]


def ejected(cooling: Floats, mould: Floats) -> Floats:
    """Mean temperature of a plate after the set cooling time [degC]: `cooling_time` solved for the end.

    T_e = T_w + 8 / pi^2 (T_m - T_w) exp(-pi^2 a t / s^2), with the plate of `plate_formula`.

    Args:
        cooling: t [s].
        mould: T_w [degC].

    Example:
        >>> from twin.physics.moulding import cooling_time
        >>> end = ejected(np.array([8.0]), np.array([40.0]))
        >>> round(float(cooling_time(2.5e-3, 9e-8, melt=230.0, mould=40.0, ejection=end)[0]), 6)
        8.0
    """
    return mould + 8 / np.pi**2 * (230.0 - mould) * np.exp(-(np.pi**2) * 9e-8 * cooling / 2.5e-3**2)


def weight_formula(delays: tuple[float, ...] = (0, 4, 8, 10, 12, 14, 16, 20)) -> Fit:
    """Weight from the density of the filled polymer, its temperature at ejection, and filling.

    weight = b + w1 density(fibre) + w2 T_e + w3 filling time + w4 V305 + w5 exp(-n / 3) + w6 exp(-n / 30), by least
    squares; n counts shots since the machine stood, in which screw and mould settle. The fibre in the mould is that
    of the material before until the barrel is emptied (plug flow): of the delays given, the one that fits best. 1 /
    density = fibre / 2.55 + (1 - fibre) / 0.75 [cm3/g]: glass, and a melt of polypropylene at 230 degC, assumed.

    Args:
        delays: numbers of shots after which new material comes, to choose from.
    """

    def terms(inputs: Floats, delay: float) -> Floats:
        named = dict(zip(INPUTS, inputs.T, strict=True))
        new = named["shots_since_change"] >= delay
        fibre = np.where(new, named["fibre"], named["fibre_before"]) / 100
        density = 1 / (fibre / 2.55 + (1 - fibre) / 0.75)
        ejection = ejected(named["cooling_time"], named["mould_temperature"])
        settling = [np.exp(-named["shots_since_pause"] / shots) for shots in (3, 30)]
        return np.stack([density, ejection, filling_time(named), named["V305"], *settling], axis=1)

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        found = {}
        for delay in delays:
            model = linear(1e-6)(terms(x, delay), y, seed=seed)
            found[float(np.square(model(terms(x, delay)) - y).sum()), delay] = model
        best = min(found)
        return lambda inputs: found[best](terms(inputs, best[1]))

    return fit


def _level(labels: NDArray[Any], series: str, otherwise: float) -> Floats:
    """The level of a setting that the labels of its series carry, e.g. 26 of "cooling_time_26"."""
    found = [re.fullmatch(rf"{series}_(\d+)(_\d+)?", str(label)) for label in labels]
    return np.array([float(match[1]) if match else otherwise for match in found])
