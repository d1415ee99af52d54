"""The visits of a run as an Arrow table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from twin.trace import Trace

_AFTER_FINISH = ("scrapped", "attempts", "down")


def to_table(trace: Trace) -> pa.Table:
    """Columns of `twin.visits.COLUMNS`, then the line's attributes; names for numbers, null for what is not known.

    The numbers are not copied more than Arrow needs; station and product are dictionaries.
    """
    visits, line = trace.visits, trace.line
    unfinished = np.isnan(visits["finish"])
    columns: dict[str, Any] = {}
    for name, values in visits.items():
        if name == "station":
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(values), [s.name for s in line.stations])
        elif name == "product":
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(values), [p.name for p in line.products])
        elif name == "defect":
            names = [f"{line.stations[m].name}.{cause}" for m, cause in trace.shape.causes]
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(values - 1, mask=values == 0), names)
        elif values.dtype == float:
            columns[name] = pa.array(values, mask=np.isnan(values))
        elif name == "machine":
            columns[name] = pa.array(values, mask=values < 0)
        else:
            columns[name] = pa.array(values, mask=unfinished if name in _AFTER_FINISH else None)
    for name in (name for name in line.attributes if name not in columns):
        columns[name] = pa.nulls(len(unfinished), pa.float64())
    table = pa.table(columns)
    return table.replace_schema_metadata({"linetwin": json.dumps(trace.provenance)})
