"""The rule for departures as a recursion over the parts: order, places, machines and scrap, and nothing else."""

from collections.abc import Sequence


class _Station:
    """The visits of one station that have a machine, and those that have left it."""

    def __init__(self):
        self.aboard: list[tuple] = []  # (finish, visit, part, machine, start, scrapped)
        self.left: list[tuple[float, int]] = []  # (departure, machine) in order of departure
        self.good = 0  # good parts among them


def recursion(
    parts: int,
    work: Sequence[Sequence[float]],
    scrap: Sequence[Sequence[bool]],
    machines: list[int],
    buffers: list[int],
) -> list[list[tuple]]:
    """By station: (part, machine, start, finish, departure) in order of departure, as far as the given parts settle it.

    `work` and `scrap` are by station and visit. The source is saturated.
    """
    stations = [_Station() for _ in machines]
    result: list[list[tuple]] = [[] for _ in machines]
    for entering in range(parts):
        part, come = entering, 0.0
        for number, here in enumerate(stations):
            visit = len(here.left) + len(here.aboard)
            freed, machine = here.left[visit - machines[number]] if visit >= machines[number] else (0.0, visit)
            start = max(come, freed)
            here.aboard.append((start + work[number][visit], visit, part, machine, start, scrap[number][visit]))
            if len(here.aboard) < machines[number]:
                break
            place_free = 0.0
            if number + 1 < len(stations):
                earlier = here.good - buffers[number + 1] - machines[number + 1]
                place_free = stations[number + 1].left[earlier][0] if earlier >= 0 else 0.0
            depart, leaver = min((one[0] if one[5] else max(one[0], place_free), one) for one in here.aboard)
            here.aboard.remove(leaver)
            finish, _, part, machine, start, scrapped = leaver
            here.left.append((depart, machine))
            result[number].append((part, machine, start, finish, depart))
            if scrapped:
                break
            here.good += 1
            come = depart
    return result
