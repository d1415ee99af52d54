"""Calibration: from a stop log and production counts to failure modes and speeds, each with its uncertainty."""

from twin.calibrate.calibration import Calibration, Extent, Settings
from twin.calibrate.counts import Counts, read_counts
from twin.calibrate.errors import LogError
from twin.calibrate.pipeline import calibrate, calibrate_files
from twin.calibrate.planned import Planned
from twin.calibrate.resample import Interval
from twin.calibrate.stoplog import Note, Redate, StopLog, read_stop_log
from twin.calibrate.windows import Window, read_windows

__all__ = [
    "Calibration",
    "Counts",
    "Extent",
    "Interval",
    "LogError",
    "Note",
    "Planned",
    "Redate",
    "Settings",
    "StopLog",
    "Window",
    "calibrate",
    "calibrate_files",
    "read_counts",
    "read_stop_log",
    "read_windows",
]
