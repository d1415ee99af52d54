"""Local time of a plant from UTC, daylight saving included."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.moments import DAY
from twin.errors import shown

__all__ = ["ahead_of_utc"]


def ahead_of_utc(moments: NDArray[np.float64], zone: str) -> NDArray[np.float64]:
    """Seconds that local time is ahead of UTC, by the day (at noon).

    Args:
        moments: [s since 1970, UTC].
        zone: a name of the time zone database, such as "America/New_York".

    Returns:
        The offsets [s].

    Raises:
        LogError: when there is no such zone.

    Example:
        >>> (ahead_of_utc(np.array([1.5e9, 1.51e9]), "Europe/Berlin") / 3600).tolist()
        [2.0, 1.0]
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        rule = f"zone {shown(zone)} is not in the time zone database"
        raise LogError(
            f"{rule}. Use a name such as 'Europe/Berlin', or none for the times as they are logged."
        ) from None
    days = np.unique(moments // DAY)
    noons = [datetime.fromtimestamp(day * DAY + DAY / 2, UTC).astimezone(place) for day in days.tolist()]
    offsets = np.array([ahead.total_seconds() if (ahead := noon.utcoffset()) else 0.0 for noon in noons])
    return offsets[np.searchsorted(days, moments // DAY)]
