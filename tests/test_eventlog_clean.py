"""What cannot be true in a log is found and named by its row, and what can be is kept."""

import numpy as np
import pytest
from broken_logs import HEAD, changed, clock, log, rows
from event_logs import FOUR, example, line_of, rows_of
from hypothesis import given
from hypothesis import strategies as st

from twin.calibrate.errors import LogError
from twin.eventlog.attempts import repeated_as_attempts
from twin.eventlog.capacity import at_once, capacities, machine_codes
from twin.eventlog.cleaning import cleaned, clock_step
from twin.eventlog.route import route_of
from twin.eventlog.visits import read_visits


@pytest.fixture
def read(tmp_path):
    def reader(text):
        path = tmp_path / "visits.csv"
        path.write_text(text, encoding="utf-8")
        return read_visits(path)

    return reader


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    return line_of(FOUR, tmp_path_factory.mktemp("truth"))


@pytest.fixture(scope="module")
def clean(line):
    return rows_of(line, hours=24)


def dropped(found) -> dict[str, tuple[int, ...]]:
    return {note.what.removeprefix("dropped, "): note.rows for note in found.notes if note.what.startswith("dropped")}


def shifted(place: int, *, start: float = 0.0, end: float = 0.0) -> str:
    """A sound line of 40 parts, 45 s at each station and a part in 150 s, with one visit moved [s]."""
    cells = rows(40)
    for k, row in enumerate(cells):
        begin = 150 * (k // 3) + 60 * (k % 3)
        off, more = (start, end) if k == place else (0.0, 0.0)
        row[2:] = [clock(begin + off), clock(begin + 45 + more)]
    return log(cells)


class TestContradictions:
    """One wrong row of a sound log is named, with what is wrong, and no other."""

    def test_a_sound_log_is_kept(self, read):
        found, route = cleaned(read(shifted(30)))
        assert len(found) == 120
        assert found.notes == ()
        assert route.stations == ("saw", "mill", "wash")

    @pytest.mark.parametrize(
        ("place", "start", "end", "why"),
        [
            (31, 0, -60, "ends before it starts"),
            (30, 100, 100, "its part is at a later station before"),
            (32, -100, -100, "its part is at a later station before"),
            (31, 0, 900, "on its machine at the same time as another part"),
            (31, 600, 600, "on its machine at the same time as another part"),
            (31, -600, -600, "on its machine at the same time as another part"),
        ],
    )
    def test_times_that_cannot_be(self, place, start, end, why, read):
        found, _ = cleaned(read(shifted(place, start=start, end=end)))
        assert dropped(found) == {why: (place + 2,)}
        named = [note.rows for note in found.notes if note.what.startswith("a visit is missing before this one")]
        assert named == ([(34,)] if place == 31 else [])  # nobody was seen in front of the saw or behind the washer

    def test_two_parts_on_one_machine(self, read):
        cells = [[f"P{k}", "saw", clock(60 * k), clock(60 * k + 45)] for k in range(40)]
        cells[10][3] = clock(60 * 13 + 20)
        found, _ = cleaned(read(log(cells)))
        assert dropped(found) == {"on its machine at the same time as another part": (12,)}

    def test_overtaking_on_single_machines(self, read):
        cells = rows(40)
        for k, row in enumerate(cells):  # half an hour between the stations, so that nothing overlaps but the order
            first = 100 * (k // 3) + 5000 * (k % 3)
            row[2:] = [clock(first), clock(first + 45)]
        cells[31][2:] = [clock(100 * 20 + 5000 + 50), clock(100 * 20 + 5000 + 95)]  # part 10 after part 20
        found, _ = cleaned(read(log(cells)))
        assert dropped(found) == {"overtakes other parts": (33,)}

    def test_the_same_row_twice(self, read):
        cells = rows()
        found, _ = cleaned(read(log([*cells[:5], cells[4], *cells[5:]])))
        assert dropped(found) == {"doubled": (7,)}
        assert len(found) == 36

    def test_no_start_and_no_end(self, read):
        cells = rows()
        cells[3][2] = cells[7][3] = ""
        found, _ = cleaned(read(log(cells)))
        assert dropped(found) == {"no start": (5,), "no end": (9,)}

    def test_days_far_away(self, read):
        many = [
            [f"P{k:04d}", "saw", *(f"2026-01-{5 + k // 100:02d} {t}" for t in moments(k % 100))] for k in range(500)
        ]
        many[250][2:] = ["2027-06-01 10:00:00", "2027-06-01 10:00:40"]
        found, _ = cleaned(read(log(many)))
        assert dropped(found) == {"far from all other days": (252,)}

    def test_scheduling_after_the_start_is_ignored_and_the_visit_kept(self, read):
        cells = [[*row, row[2]] for row in rows()]
        cells[4][4] = clock(5000)
        found, _ = cleaned(read(log(cells, head=f"{HEAD},scheduled")))
        assert [(note.what, note.rows) for note in found.notes] == [("scheduling ignored, after the start", (6,))]
        assert np.flatnonzero(np.isnan(found.scheduled)).tolist() == [4]

    def test_nothing_left_is_said_with_what_was_wrong(self, read):
        with pytest.raises(LogError, match=r"visits.csv: no visit is left .*ends before it starts: 36 rows .*--column"):
            cleaned(read(log(changed(lambda row: [*row[:2], row[3], row[2]]))))


def moments(k: int) -> tuple[str, str]:
    """A start and an end of one day."""
    return f"{6 + k // 60:02d}:{k % 60:02d}:00", f"{6 + k // 60:02d}:{k % 60:02d}:40"


class TestCorrupted:
    """Logs of a day of a line of four stations, with rows spoiled at random."""

    def found(self, rows, line, tmp_path):
        path = tmp_path / "visits.csv"
        example().write(path, rows, line.start)
        log = cleaned(repeated_as_attempts(read_visits(path)))[0]
        return log, {row for note in dropped(log).values() for row in note}

    def test_a_sound_day_is_kept_to_the_last_row(self, clean, line, tmp_path):
        log, named = self.found(clean, line, tmp_path)
        assert (len(log), named, log.notes) == (len(clean), set(), ())

    @pytest.mark.parametrize("seed", range(6))
    def test_wrong_rows_are_named_and_good_ones_kept(self, seed, clean, line, tmp_path):
        spoiled, wrong = example().spoiled(clean, 0.05, np.random.default_rng(seed))
        _, named = self.found(spoiled, line, tmp_path)
        bad = {row for row, kind in wrong.items() if kind != "lost"}
        assert len(bad) > 50
        assert len(named & bad) >= 0.95 * len(bad)
        assert len(named - bad) <= 0.005 * len(spoiled)

    @pytest.mark.parametrize("kind", ["doubled", "swapped", "wrong clock"])
    def test_each_kind(self, kind, clean, line, tmp_path):
        spoiled, wrong = example().spoiled(clean, 0.08, np.random.default_rng(7))
        _, named = self.found(spoiled, line, tmp_path)
        bad = {row for row, one in wrong.items() if one == kind}
        assert len(bad) > 20
        assert len(named & bad) >= 0.95 * len(bad)

    def test_parts_behind_a_lost_row_are_named(self, clean, line, tmp_path):
        places = np.random.default_rng(1).choice(len(clean), 40, replace=False)
        lost = {(clean[k].part, clean[k].station) for k in places}
        log, named = self.found([row for row in clean if (row.part, row.station) not in lost], line, tmp_path)
        assert named == set()
        missing = [note for note in log.notes if note.what.startswith("a visit is missing")]
        inside = [one for one in lost if one[1] in ("mill", "wash")]  # one that was there in front and behind
        assert 0.7 * len(inside) <= len(missing[0].rows) <= len(lost)

    def test_without_machines_and_arrivals_much_is_still_found(self, clean, line, tmp_path):
        spoiled, wrong = example().spoiled(clean, 0.05, np.random.default_rng(3))
        path = tmp_path / "visits.csv"
        example().write(path, spoiled, line.start)
        log = cleaned(read_visits(path, columns={"machine": "", "scheduled": ""}))[0]
        named = {row for note in dropped(log).values() for row in note}
        bad = {row for row, kind in wrong.items() if kind != "lost"}
        assert len(named & bad) >= 0.9 * len(bad)
        assert len(named - bad) <= 0.005 * len(spoiled)


class TestCapacity:
    def machines(self, machines: int, busy: float, seed: int = 0):
        """Starts and ends of 400 parts on identical machines."""
        rng = np.random.default_rng(seed)
        free, starts, ends = np.zeros(machines), [], []
        arrivals = np.cumsum(rng.exponential(60 / machines / busy, 400))
        for arrival in arrivals:
            k = int(free.argmin())
            start = max(arrival, free[k])
            free[k] = start + rng.lognormal(np.log(60), 0.2)
            starts.append(start)
            ends.append(free[k])
        return np.array(starts), np.array(ends)

    @pytest.mark.parametrize("machines", [1, 2, 3, 5])
    def test_machines_that_the_log_does_not_tell_apart_are_counted(self, machines, read):
        starts, ends = self.machines(machines, 0.95)
        cells = [[f"P{k}", "oven", f"{a:.3f}", f"{b:.3f}"] for k, (a, b) in enumerate(zip(starts, ends, strict=True))]
        log_ = read(log(cells))
        assert capacities(log_)[machine_codes(log_)[0]] == machines

    def test_wrong_ends_do_not_count(self, read):
        starts, ends = self.machines(1, 0.9)
        ends[::60] += 3000
        cells = [[f"P{k}", "saw", f"{a:.3f}", f"{b:.3f}"] for k, (a, b) in enumerate(zip(starts, ends, strict=True))]
        log_ = read(log(cells))
        assert capacities(log_)[machine_codes(log_)[0]] == 1

    def test_machines_with_names_have_their_own(self, read):
        starts, ends = self.machines(1, 0.9)
        cells = [
            [f"{name}{k}", "saw", f"{a:.3f}", f"{b:.3f}", name]
            for name in "AB"
            for k, (a, b) in enumerate(zip(starts, ends, strict=True))
        ]
        log_ = read(log(cells, head=f"{HEAD},machine"))
        codes = machine_codes(log_)
        assert capacities(log_)[np.unique(codes)].tolist() == [1, 1]

    @given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=40))
    def test_at_once_is_what_a_count_says(self, visits):
        start = np.array([a for a, _ in visits], float)
        end = start + np.array([b for _, b in visits])
        counted = [int(((start <= moment) & (end > moment)).sum()) for moment in start]
        assert at_once(start, end).tolist() == counted


class TestRoute:
    def test_the_order_of_a_line(self, read):
        route = route_of(read(log()))
        assert (route.stations, route.forward, route.again, route.cases) == (("saw", "mill", "wash"), 1.0, 0.0, 12)
        assert route.serial

    def test_parts_that_leave_early_do_not_confuse_it(self, read):
        cells = [row for k, row in enumerate(rows(60)) if k % 3 == 0 or k // 3 % 5]
        assert route_of(read(log(cells))).stations == ("saw", "mill", "wash")

    def test_a_job_shop_is_none(self, read):
        turned = [[row[0], {"saw": "wash", "wash": "saw"}.get(row[1], row[1]), *row[2:]] for row in rows(20)]
        route = route_of(read(log([*rows(40), *([f"Q{row[0]}", *row[1:]] for row in turned)])))
        assert not route.serial
        assert route.stations == ("saw", "mill", "wash")
        assert route.forward == pytest.approx(2 / 3)
        assert route.busiest_return in ("mill > saw", "wash > mill")

    def test_a_few_returns_are_wrong_rows(self, read):
        cells = rows(60)
        for k in (10, 40):
            cells[3 * k][2:], cells[3 * k + 1][2:] = cells[3 * k + 1][2:], cells[3 * k][2:]
        route = route_of(read(log(cells)))
        assert route.serial
        assert route.forward == pytest.approx(1 - 2 / 120)

    def test_stays(self, read):
        cells = [[row[0], "saw" if row[1] == "mill" else row[1], *row[2:]] for row in rows(20)]
        route = route_of(read(log(cells)))
        assert (route.again, route.forward) == (0.5, 1.0)

    @given(st.permutations(["a", "b", "c", "d", "e"]))
    def test_any_order(self, tmp_path_factory, order):
        cells = [
            [f"P{k}", name, str(1000 * k + 100 * m), str(1000 * k + 100 * m + 90)]
            for k in range(3)
            for m, name in enumerate(order)
        ]
        path = tmp_path_factory.mktemp("order") / "visits.csv"
        path.write_text(log(cells))
        assert route_of(read_visits(path)).stations == tuple(order)


class TestAttempts:
    def test_visits_that_follow_each_other_on_one_machine_are_one(self, read):
        cells = [
            ["P1", "saw", clock(0), clock(40)],
            ["P1", "saw", clock(45), clock(90)],
            ["P1", "saw", clock(90), clock(120)],
            ["P1", "mill", clock(130), clock(150)],
            ["P2", "saw", clock(130), clock(170)],
        ]
        found = repeated_as_attempts(read(log(cells)))
        assert found.attempts.tolist() == [3, 1, 1]
        assert found.time.tolist() == [120.0, 20.0, 40.0]
        assert [(note.what, note.rows) for note in found.notes] == [
            ("taken as another attempt of the visit before", (3, 4))
        ]

    def test_the_last_outcome_counts(self, read):
        cells = [["P1", "saw", clock(0), clock(40), "nok"], ["P1", "saw", clock(45), clock(90), "ok"]]
        found = repeated_as_attempts(read(log(cells, head=f"{HEAD},outcome")))
        assert found.good.tolist() == [True]

    def test_what_overlaps_or_returns_is_left_alone(self, read):
        cells = [
            ["P1", "saw", clock(0), clock(40)],
            ["P1", "saw", clock(30), clock(60)],
            ["P2", "saw", clock(100), clock(140)],
            ["P2", "mill", clock(150), clock(160)],
            ["P2", "saw", clock(170), clock(190)],
        ]
        log_ = read(log(cells))
        assert repeated_as_attempts(log_) is log_


@pytest.mark.parametrize("step", [60.0, 10.0, 1.0, 0.1, 0.001])
def test_the_step_of_a_clock(step, read):
    rng = np.random.default_rng(0)
    times = np.round(np.cumsum(rng.exponential(47.123, 400)) / step) * step
    cells = [[f"P{k}", "saw", f"{times[2 * k]:.3f}", f"{times[2 * k + 1]:.3f}"] for k in range(200)]
    assert clock_step(read(log(cells))) == step


def test_a_clock_without_a_step(read):
    times = np.cumsum(np.random.default_rng(0).exponential(47.123, 400))
    cells = [[f"P{k}", "saw", f"{times[2 * k]:.6f}", f"{times[2 * k + 1]:.6f}"] for k in range(200)]
    assert clock_step(read(log(cells))) == 0.0
