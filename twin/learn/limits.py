"""What an event log cannot tell, as sentences with its own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.calibrate.words import time
from twin.learn.groups import SHORTEST

if TYPE_CHECKING:
    from twin.learn.learned import Learned

__all__ = ["cannot_tell"]


def cannot_tell(found: Learned) -> tuple[str, ...]:
    """What stays open, the weightiest first."""
    said = [_not_serial(found), _order(found), _waits(found), *_stations(found), _days(found), _source(found)]
    return tuple(text for text in said if text)


def _not_serial(found: Learned) -> str:
    route = found.route
    if route.serial:
        return ""
    return (
        f"How the stations hinder each other: {1 - route.forward:.0%} of the moves go back to an earlier station (most "
        f"often {route.busiest_return}), so this is no serial line. Times of visits and waits are learned as they were "
        "seen; who waits for whom is not modelled, and a plan that loads the plant otherwise will see other waits."
    )


def _order(found: Learned) -> str:
    stations = found.route.stations
    if len(stations) == 1 or len(found.log) > found.route.cases:
        return ""
    return f"In which order parts pass {', '.join(stations)}: no part was seen at two of them."


def _waits(found: Learned) -> str:
    if found.waits is not None:
        return ""
    return (
        "How long parts waited, and when they left: arrivals are not logged, so transport is known only where a part "
        "found its machine idle, and waiting places are lower bounds."
    )


def _stations(found: Learned) -> list[str]:
    said = []
    open_ended = [name for name, facts in found.stations.items() if facts.places and not facts.places.known]
    if open_ended:
        said.append(
            f"How many waiting places there are in front of {', '.join(open_ended)}: at least as many as were in use; "
            "parts were hardly ever kept waiting for one."
        )
    for name, facts in found.stations.items():
        if not facts.undisturbed:
            said.append(f"Times at {name}: no visit ran through at the first attempt, so all stand for them.")
        if any(one.law.mean <= SHORTEST for one in facts.times.values()):
            said.append(f"How long visits at {name} take: they start and end at the same moment; the line has 1 ms.")
        if facts.too_long and not facts.stops:
            said.append(
                f"Why {facts.too_long} visits at {name} took far longer than others: too few to fit stops; left out."
            )
        if facts.setup and facts.setup.n < 0.2 * facts.setup.seen:
            said.append(
                f"Setups at {name} in most changes: {facts.setup.n} of {facts.setup.seen} show, in the others the part "
                "came after the setup had ended."
            )
        if np.isnan(facts.transport):
            said.append(f"Transport to {name}: no part found its machine idle; it is in the waits, and 0 in the line.")
        worst = max((one.distance * np.sqrt(one.n) for one in facts.times.values()), default=0.0)
        if worst > 1.5:
            said.append(f"What shapes the times at {name}: no family fits them well (distance {worst:.1f} / √n).")
        spread = max((one.overdispersion for one in facts.times.values()), default=1.0)
        if spread > 1.0:
            said.append(
                f"Why days differ at {name}: daily means vary {spread:.1f} times as much as chance would have it."
            )
    return said


def _days(found: Learned) -> str:
    days = len(np.unique(found.log.day))
    if not found.route.serial or found.calendar.shifts or days < 1:
        return ""
    if found.log.zone == "seconds":
        return "Shifts and breaks: the log counts seconds, so no time of day is known; the line works always."
    return f"Shifts and breaks: {days} day{'s' if days > 1 else ''} show none; the line works always."


def _source(found: Learned) -> str:
    if found.line is not None and found.stations[found.route.stations[0]].visits < 2:
        return "How often parts come: one came to the first station; the line has them come without end."
    if found.line is None or found.saturated or found.waits is not None:
        return ""
    return (
        "When parts were released: arrivals are not logged, so the starts at the first station stand for them "
        f"(one in {time(found.line.source.time.mean) if found.line.source.time else '?'})."
    )
