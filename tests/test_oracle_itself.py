"""The oracle against closed forms, against the rule for departures as a recursion, and against small cases by hand."""

import random
from math import inf

import pytest
from oracles import bare_simpy
from oracles.event_line import (
    OracleFailure,
    OracleLine,
    OracleMaintenance,
    OracleSetup,
    OracleStation,
    Visit,
    simulate,
)
from oracles.recursion import recursion
from oracles.second_by_second import Story
from oracles.stops import ExhaustedError


def machines(name: str, seconds, **fields) -> OracleStation:
    """A station with `seconds` for every visit: a number, or a list by visit."""
    listed = isinstance(seconds, list)
    return OracleStation(name, lambda visit, *_: seconds[visit] if listed else seconds, **fields)


def at(visits: list[Visit], station: str, *fields: str) -> list:
    """The fields of the visits of one station, in order of coming."""
    rows = [tuple(getattr(visit, field) for field in fields) for visit in visits if visit.station == station]
    return [row[0] for row in rows] if len(fields) == 1 else rows


def one_machine(seconds, release: list[float], closed=(), products: str = "", **fields) -> list[Visit]:
    """All visits of a station with orders outside."""
    product = (lambda part: products[part]) if products else (lambda _: "A")
    return simulate(OracleLine([machines("A", seconds, **fields)], release, product, closed=closed))


# Closed forms


def exponential_line(stations: int, places: int, parts: int, seed: int) -> list[Visit]:
    """A saturated line of exponential machines with mean 1."""
    draw = random.Random(seed)

    def work(*_) -> float:
        return round(draw.expovariate(1) * 2**20) / 2**20

    names = [str(number) for number in range(stations)]
    stations = [OracleStation(name, work, buffer=places if name != "0" else 0) for name in names]
    return simulate(OracleLine(stations), parts=parts)


@pytest.mark.parametrize(
    ("stations", "places", "expected"),
    [(2, 0, 2 / 3), (2, 1, 3 / 4), (2, 4, 6 / 7), (3, 0, 0.5641), (4, 0, 0.5148), (5, 0, 0.4858)],
)
def test_throughput_of_exponential_machines(stations, places, expected):
    """Known throughputs; four standard errors of 12000 parts are below 0.025."""
    visits = exponential_line(stations, places, 12000, seed=stations)
    departures = [depart for depart in at(visits, str(stations - 1), "depart") if depart is not None]
    assert 11000 / (departures[11999] - departures[999]) == pytest.approx(expected, rel=0.03)
    assert bare_simpy.run(stations, places, 20000, 1.0, seed=1) == pytest.approx(expected, rel=0.03)


def test_throughput_of_the_bare_model_with_breakdowns():
    """One constant machine: 1 / (mean * (1 + mttr / mttf))."""
    assert bare_simpy.run(1, 0, 50000, 2.0, 1, mttf=40.0, mttr=10.0) == pytest.approx(0.4, rel=0.03)


# Against two other tellings


@pytest.mark.parametrize("seed", range(150))
def test_agrees_with_the_recursion(seed):
    """Small whole times, so that ties abound; zero times in some lines."""
    draw, parts = random.Random(seed), 60
    count = draw.randint(1, 5)
    machine_counts = [draw.randint(1, 3) for _ in range(count)]
    places = [0] + [draw.randint(0, 2) for _ in range(count - 1)]
    work = [[draw.randint(seed % 3 > 0, 4) for _ in range(parts)] for _ in range(count)]
    scrap = [[draw.random() < 0.2 for _ in range(parts)] for _ in range(count)]
    stations = [
        machines(str(m), work[m], machines=machine_counts[m], buffer=places[m], scrap=scrap[m].__getitem__, rows=parts)
        for m in range(count)
    ]
    visits = simulate(OracleLine(stations))
    for m, expected in enumerate(recursion(parts, work, scrap, machine_counts, places)):
        found = sorted(at(visits, str(m), "visit", "part", "machine", "start", "finish", "depart"))
        for part, *times in expected:
            assert [times] == [list(row[2:]) for row in found if row[1] == part]
        assert len(expected) > 10


def random_machine(seed: int) -> tuple[OracleStation, list[int], str, list[tuple[int, int]]]:
    """A machine with everything that can happen to it, its orders, their products and the breaks, in whole seconds."""
    draw, parts = random.Random(seed), 14
    whole, some = draw.randint, draw.choice
    release = sorted(whole(0, 12) * whole(0, 8) for _ in range(parts))
    breaks, moment = [], 0 if seed % 2 else 10**6
    for _ in range(25):
        begin = moment + whole(0, 20)
        moment = begin + whole(1, 8)
        breaks.append((begin, moment))
    station = machines(
        "A",
        [whole(1, 7) for _ in range(parts)],
        setup=some([None, OracleSetup(whole(0, 4), {("A", "B"): whole(1, 9)}, some(["early", "loaded"]))]),
        failures=[
            OracleFailure(
                [[whole(1, 12) for _ in range(80)]],
                [[whole(1, 5) for _ in range(80)]],
                some(["operating", "calendar"]),
                some(["kept", "scrapped"]),
            )
            for _ in range(whole(0, 3))
        ],
        maintenance=[
            OracleMaintenance(str(number), whole(6, 15) * (3 if clock == "calendar" else 1), whole(1, 6), clock)
            for number, clock in enumerate(some(["operating", "parts", "calendar"]) for _ in range(whole(0, 3)))
        ],
        standby=[(2, 1), (7, 4)][: whole(0, 2)],
    )
    return station, release, "".join(some("ABC") for _ in range(parts)), breaks


def test_agrees_with_a_machine_told_second_by_second():
    """What is worked out when a part comes is what happens when everything is done at its time."""
    for seed in range(600):
        station, release, products, breaks = random_machine(seed)
        story = Story(station, release, products, breaks).tell()
        visits = simulate(OracleLine([station], release, products.__getitem__, closed=breaks))
        told = [(visit.start, visit.finish, visit.scrapped) for visit in story]
        assert at(visits, "A", "start", "finish", "scrapped") == told, seed
        assert at(visits, "A", "maintenance")[:-1] == [tuple(visit.maintenance) for visit in story[:-1]], seed


# Parts, places and machines, by hand


def test_blocking_after_service():
    """A finished part stays on its machine until the next machine is free."""
    visits = simulate(OracleLine([machines("A", 2, rows=3), machines("B", 5)]))
    assert at(visits, "A", "arrive", "start", "finish", "depart") == [(0, 0, 2, 2), (2, 2, 4, 7), (7, 7, 9, 12)]
    assert at(visits, "B", "arrive", "start", "finish", "depart") == [(2, 2, 7, 7), (7, 7, 12, 12), (12, 12, 17, 17)]


def test_a_place_freed_at_the_end_frees_the_whole_line_at_once():
    """Three full stations move at the same moment."""
    visits = simulate(OracleLine([machines("A", 1, rows=4), machines("B", 1), machines("C", 10)]))
    assert at(visits, "A", "depart") == [1, 2, 12, 22]
    assert at(visits, "B", "depart") == [2, 12, 22, 32]
    assert at(visits, "C", "start") == [2, 12, 22, 32]


def test_transport_takes_a_place():
    """The place is taken from the departure upstream on."""
    visits = simulate(OracleLine([machines("A", 2, rows=3), machines("B", 4, transport=3)]))
    assert at(visits, "A", "finish", "depart") == [(2, 2), (4, 9), (11, 16)]
    assert at(visits, "B", "arrive", "start", "depart") == [(5, 5, 9), (12, 12, 16), (19, 19, 23)]


def test_parallel_machines_overtake():
    """Part 0 is slow; parts 1, 2, 3 all use the other machine and come to C before it."""
    slow_first = machines("B", [5, 1, 1, 1, 3], machines=2, buffer=9)
    visits = simulate(OracleLine([machines("A", 1, rows=5), slow_first, machines("C", 0.5, buffer=9)]))
    assert at(visits, "B", "part", "machine", "start", "depart") == [
        (0, 0, 1, 6),
        (1, 1, 2, 3),
        (2, 1, 3, 4),
        (3, 1, 4, 5),
        (4, 1, 5, 8),
    ]
    assert at(visits, "C", "part", "visit", "arrive") == [(1, 0, 3), (2, 1, 4), (3, 2, 5), (0, 3, 6), (4, 4, 8)]


def test_equal_completions_leave_in_order_of_coming():
    """Both machines finish at 4; the machine of part 0 is then free longest."""
    visits = simulate(OracleLine([machines("A", [4, 4, 3, 1], machines=2, rows=4), machines("B", 1, buffer=9)]))
    assert at(visits, "A", "machine", "start") == [(0, 0), (1, 0), (0, 4), (1, 4)]
    assert at(visits, "B", "part", "arrive") == [(0, 4), (1, 4), (3, 5), (2, 7)]


def test_a_part_waits_for_its_machine_although_it_is_down():
    """Part 2 gets machine 0, free longest but down until 10; part 3 starts before it on machine 1."""
    down = OracleFailure(up=[[2, inf], [inf]], down=[[8, 0], [0]], clock="calendar")
    visits = simulate(
        OracleLine([machines("A", 1, rows=4), machines("B", 1, machines=2, buffer=9, failures=[down])]),
    )
    assert at(visits, "B", "machine", "arrive", "start", "finish") == [
        (0, 1, 1, 2),
        (1, 2, 2, 3),
        (0, 3, 10, 11),
        (1, 4, 4, 5),
    ]


def test_scrap_passes_a_blocked_good_part():
    """Part 1 is blocked until 11; part 2 is scrap and leaves at 3; part 3 takes its machine."""
    first = machines("A", [1, 2, 2, 1], machines=2, rows=4, scrap=lambda visit: visit == 2)
    visits = simulate(OracleLine([first, machines("B", 10)]))
    assert at(visits, "A", "machine", "start", "finish", "depart", "scrapped") == [
        (0, 0, 1, 1, False),
        (1, 0, 2, 11, False),
        (0, 1, 3, 3, True),
        (0, 3, 4, 21, False),
    ]
    assert at(visits, "B", "part") == [0, 1, 3]


def test_of_equal_departures_the_earlier_completion_leaves_first():
    """At 11 the good part 1 (done since 4) and the scrapped part 2 leave: machine 1 is free longer than machine 0."""
    first = machines("A", [1, 4, 10, 1, 1], machines=2, rows=5, scrap=lambda visit: visit == 2)
    visits = simulate(OracleLine([first, machines("B", 10)]))
    assert at(visits, "A", "machine", "start", "depart")[1:] == [(1, 0, 11), (0, 1, 11), (1, 11, 21), (0, 11, 31)]


def test_rework():
    """Visit 0 needs a second attempt; visit 1 asks for a third one and is scrapped."""
    station = OracleStation(
        "A",
        lambda visit, attempt, *_: [[3, 2], [1, 1], [4]][visit][attempt],
        rework=lambda visit, attempt: visit == 1 or (visit, attempt) == (0, 0),
        max_attempts=2,
        rows=3,
    )
    visits = simulate(OracleLine([station]))
    assert at(visits, "A", "start", "finish", "attempts", "scrapped") == [
        (0, 5, 2, False),
        (5, 7, 2, True),
        (7, 11, 1, False),
    ]


def test_the_time_of_work_may_depend_on_machine_and_product():
    """Both are passed on."""
    station = OracleStation("A", lambda v, a, machine, product: 10 * machine + len(product), machines=2, rows=2)
    visits = simulate(OracleLine([station], product=lambda part: "xyz"[: part + 1]))
    assert at(visits, "A", "product", "finish") == [("x", 1), ("xy", 12)]


def test_orders_and_an_unlimited_queue_outside():
    """Parts wait outside; transport follows the release."""
    visits = one_machine(5, [1, 1, 2, 30], transport=2)
    assert at(visits, "A", "arrive", "start", "depart") == [(3, 3, 8), (3, 8, 13), (4, 13, 18), (32, 32, 37)]


def test_pallets():
    """Two pallets: part 2 enters when part 0 leaves."""
    line = [machines("A", 1, rows=4), machines("B", 3, buffer=9)]
    assert at(simulate(OracleLine(line, pallets=2)), "A", "arrive") == [0, 1, 4, 7]
    visits = simulate(OracleLine(line, [0, 0, 3, 20], pallets=2))
    assert at(visits, "A", "arrive", "start") == [(0, 0), (0, 1), (4, 4), (20, 20)]


def test_rows_that_run_out():
    """B starts two parts; the third waits in its buffer and the fourth blocks A."""
    visits = simulate(OracleLine([machines("A", 1), machines("B", 2, buffer=1, rows=2)]))
    assert at(visits, "A", "finish", "depart") == [(1, 1), (2, 2), (3, 3), (4, 5), (6, None)]
    assert at(visits, "B", "machine", "start", "depart")[2:] == [(None, None, None), (None, None, None)]


def test_conveyor():
    """Three places, pitch 2: part 3 enters when part 0 leaves. A scrapped part waits for the one before it."""
    oven = machines("B", 10, kind="conveyor", machines=3, pitch=2)
    visits = simulate(OracleLine([machines("A", 1, rows=5), oven]))
    assert at(visits, "B", "machine", "arrive", "start", "depart") == [
        (0, 1, 1, 11),
        (1, 2, 3, 13),
        (2, 3, 5, 15),
        (0, 11, 11, 21),
        (1, 13, 13, 23),
    ]
    scrapping = machines("B", 4, kind="conveyor", machines=3, pitch=2, scrap=lambda visit: visit == 1)
    visits = simulate(OracleLine([machines("A", 1, rows=3), scrapping, machines("C", 20)]))
    assert at(visits, "B", "finish", "depart") == [(5, 5), (7, 7), (9, 25)]
    later = machines("B", 4, kind="conveyor", machines=3, pitch=2, scrap=lambda visit: visit == 2)
    visits = simulate(OracleLine([machines("A", 1, rows=3), later, machines("C", 20)]))
    assert at(visits, "B", "finish", "depart") == [(5, 5), (7, 25), (9, 25)]


def test_a_break_holds_a_conveyor():
    """Residence and pitch stand still from 4 to 6."""
    oven = machines("B", 10, kind="conveyor", machines=3, pitch=2)
    visits = simulate(OracleLine([machines("A", 1, rows=3), oven], closed=[(4, 6)]))
    assert at(visits, "B", "start", "finish") == [(1, 13), (3, 15), (7, 17)]


# Setup, stops, maintenance and standby, by hand


def test_early_setup():
    """From 5 to 9, although the part comes at 20; the first product and the same product need none."""
    setup = OracleSetup(4, {("B", "A"): 1})
    visits = one_machine(5, [0, 20, 21, 22], products="ABBA", setup=setup)
    assert at(visits, "A", "setup_begin", "setup_end", "start", "finish") == [
        (None, None, 0, 5),
        (5, 9, 20, 25),
        (None, None, 25, 30),
        (30, 31, 31, 36),
    ]


def test_loaded_setup():
    """The visit starts with the setup, when the part is there."""
    visits = one_machine(5, [0, 20], products="AB", setup=OracleSetup(4, begins="loaded"))
    assert at(visits, "A", "setup_begin", "setup_end", "start", "finish") == [(None, None, 0, 5), (20, 24, 20, 29)]


def test_a_break_suspends_setup():
    """Early: 5 to 6, 8 to 11. Loaded: the same, and processing follows."""
    visits = one_machine(5, [0, 0], closed=[(6, 8)], products="AB", setup=OracleSetup(4))
    assert at(visits, "A", "setup_begin", "setup_end", "start", "finish")[1] == (5, 11, 11, 16)
    visits = one_machine(5, [0, 0], closed=[(6, 8)], products="AB", setup=OracleSetup(4, begins="loaded"))
    assert at(visits, "A", "setup_begin", "setup_end", "start", "finish")[1] == (5, 11, 5, 16)


def test_operating_failure_kept():
    """Ages 3 and 7: the first strikes in visit 0 (age 0 to 5), the second in visit 1 (age 5 to 10)."""
    visits = one_machine(5, [0, 10], failures=[OracleFailure([[3, 4, inf]], [[2, 10, 0]])])
    assert at(visits, "A", "start", "finish", "down") == [(0, 7, 2), (10, 25, 10)]


def test_operating_failure_scrapped():
    """Visit 0 ends at age 3, so visit 1 is at ages 3 to 8 and ends at age 7, after 4 seconds."""
    visits = one_machine(5, [0, 4, 4], failures=[OracleFailure([[3, 4, inf]], [[2, 10, 0]], interrupted="scrapped")])
    assert at(visits, "A", "start", "finish", "depart", "repair_after", "scrapped") == [
        (0, 3, 3, 2, True),
        (5, 9, 9, 10, True),
        (19, 24, 24, 0, False),
    ]


def test_operating_failure_exactly_at_the_end():
    """Age 5 is the end of visit 0: it strikes at the beginning of visit 1."""
    visits = one_machine(5, [0, 10], failures=[OracleFailure([[5, inf]], [[2, 0]])])
    assert at(visits, "A", "start", "finish", "down") == [(0, 5, 0), (10, 17, 2)]


def test_two_operating_modes():
    """The scrapping failure at age 4 ends visit 0; the kept one at 2 counts, the one at 4 strikes in visit 1."""
    kept = OracleFailure([[2, 2, inf]], [[1, 1, 0]])
    scrapping = OracleFailure([[4, inf]], [[3, 0]], interrupted="scrapped")
    visits = one_machine(5, [0, 0], failures=[kept, scrapping])
    assert at(visits, "A", "start", "finish", "down", "repair_after") == [(0, 5, 1, 3), (8, 14, 1, 0)]


def test_calendar_failure():
    """Down from 3 to 5. Kept: the work goes on at 5. Scrapped: the part leaves at 3."""
    down = [[3, inf]], [[2, 0]], "calendar"
    visits = one_machine(5, [0, 0], failures=[OracleFailure(*down)])
    assert at(visits, "A", "start", "finish", "scrapped") == [(0, 7, False), (7, 12, False)]
    visits = one_machine(5, [0, 0], failures=[OracleFailure(*down, "scrapped")])
    assert at(visits, "A", "start", "finish", "depart", "scrapped") == [(0, 3, 3, True), (5, 10, 10, False)]
    visits = one_machine(3, [0, 0], failures=[OracleFailure(*down, "scrapped")])
    assert at(visits, "A", "start", "finish", "scrapped") == [(0, 3, False), (5, 8, False)]


def test_a_blocked_part_leaves_while_its_machine_is_down():
    """A is down from 3 to 20; its part moves on at 7."""
    down = OracleFailure([[3, inf]], [[17, 0]], "calendar")
    visits = simulate(OracleLine([machines("A", [1, 1, 1], rows=3, failures=[down]), machines("B", 6)]))
    assert at(visits, "A", "start", "finish", "depart") == [(0, 1, 1), (1, 2, 7), (20, 21, 21)]


def test_a_break_suspends_processing():
    """Work on part 1 is done from 3 to 4 and from 10 to 12."""
    visits = one_machine(3, [0, 0, 0], closed=[(4, 10)])
    assert at(visits, "A", "start", "finish") == [(0, 3), (3, 12), (12, 15)]


def test_work_that_ends_with_the_break_is_done_and_a_start_waits():
    """A break from 3 to 10, and one that follows directly."""
    visits = one_machine(3, [0, 0], closed=[(3, 10), (10, 12)])
    assert at(visits, "A", "start", "finish") == [(0, 3), (12, 15)]


def test_a_repair_runs_through_a_break():
    """Failure at 2, repaired at 6, the break ends at 8, 3 seconds of work are left."""
    visits = one_machine(5, [0], closed=[(3, 8)], failures=[OracleFailure([[2, inf]], [[4, 0]])])
    assert at(visits, "A", "finish", "down") == [(11, 4)]


@pytest.mark.parametrize(("clock", "every"), [("operating", 5), ("parts", 2)])
def test_maintenance_by_use(clock, every):
    """Due after every second visit of 3 seconds."""
    maintenance = [OracleMaintenance("clean", every, 4, clock)]
    visits = one_machine(3, [0] * 5, maintenance=maintenance)
    assert at(visits, "A", "start", "maintenance") == [
        (0, ()),
        (3, (("clean", 6, 4),)),
        (10, ()),
        (13, (("clean", 16, 4),)),
        (20, ()),
    ]


def test_maintenance_begins_at_the_finish_of_a_blocked_part():
    """Part 1 is finished at 2 and blocked until 11: the maintenance of 20 seconds lasts until 22."""
    upkeep = [OracleMaintenance("clean", 2, 20, "parts"), OracleMaintenance("oil", 2, 1, "operating")]
    visits = simulate(OracleLine([machines("A", 1, rows=3, maintenance=upkeep), machines("B", 10)]))
    assert at(visits, "A", "start", "depart", "maintenance")[1:] == [
        (1, 11, (("clean", 2, 20), ("oil", 22, 1))),
        (23, 24, ()),
    ]


def test_repair_comes_before_maintenance():
    """Scrapped at 3, repair until 5, maintenance until 9."""
    failure = OracleFailure([[3, inf]], [[2, 0]], interrupted="scrapped")
    visits = one_machine(5, [0, 0], failures=[failure], maintenance=[OracleMaintenance("clean", 1, 4, "parts")])
    assert at(visits, "A", "start", "finish", "maintenance") == [
        (0, 3, (("clean", 5, 4),)),
        (9, 14, (("clean", 14, 4),)),
    ]


def test_maintenance_on_the_calendar():
    """Due at 10, ...: waits for the visit from 9 to 12; at 20 the machine is empty; a part that comes at 22 waits."""
    maintenance = [OracleMaintenance("clean", 10, 4, "calendar")]
    visits = one_machine(3, [0, 9, 11, 22], maintenance=maintenance)
    assert at(visits, "A", "start", "maintenance") == [
        (0, ()),
        (9, (("clean", 12, 4),)),
        (16, (("clean", 20, 4),)),
        (24, ()),
    ]


def test_one_maintenance_on_the_calendar_clears_all_that_fell_due():
    """Due at 5 and 10 during the visit, done once from 12 to 14; the next one at 15, when part 1 would start."""
    visits = one_machine(12, [0, 15], maintenance=[OracleMaintenance("clean", 5, 2, "calendar")])
    assert at(visits, "A", "start", "maintenance") == [(0, (("clean", 12, 2), ("clean", 15, 2))), (17, ())]


def test_maintenance_on_the_calendar_waits_for_a_blocked_part():
    """Due at 5, while part 1 is blocked until 11; it can work again at 13."""
    upkeep = [OracleMaintenance("clean", 5, 2, "calendar")]
    visits = simulate(OracleLine([machines("A", 1, rows=3, maintenance=upkeep), machines("B", 10)]))
    assert at(visits, "A", "start", "depart", "maintenance")[1:] == [(1, 11, (("clean", 11, 2),)), (13, 21, ())]


def test_maintenance_on_the_calendar_and_early_setup():
    """Due at 6 during the setup from 5 to 9, then done from 9 to 11; the part has been waiting since 7."""
    upkeep = [OracleMaintenance("clean", 6, 2, "calendar")]
    visits = one_machine(5, [0, 7], products="AB", setup=OracleSetup(4), maintenance=upkeep)
    assert at(visits, "A", "setup_begin", "setup_end", "start", "maintenance") == [
        (None, None, 0, (("clean", 9, 2),)),
        (5, 9, 11, ()),
    ]


def test_maintenance_on_the_calendar_during_a_break():
    """The part waits for the end of the break at 20; the maintenance due at 10 is done meanwhile."""
    visits = one_machine(3, [0, 8], closed=[(8, 20)], maintenance=[OracleMaintenance("clean", 10, 4, "calendar")])
    assert at(visits, "A", "start", "maintenance") == [(0, (("clean", 10, 4), ("clean", 20, 4))), (24, ())]


def test_standby():
    """Empty for exactly 5 seconds: awake; for 7: light; for 35: deep."""
    visits = one_machine(3, [0, 8, 18, 58], standby=[(5, 2), (20, 6)])
    assert at(visits, "A", "arrive", "start", "finish") == [(0, 0, 3), (8, 8, 11), (18, 20, 23), (58, 64, 67)]


def test_the_end_of_a_run():
    """By time: later times are unknown. By parts: with everything that happens at that moment."""
    line = OracleLine([machines("A", 2), machines("B", 3, transport=1)])
    visits = simulate(line, until=6)
    assert at(visits, "A", "start", "finish", "depart") == [(0, 2, 2), (2, 4, 6), (6, None, None)]
    assert at(visits, "B", "arrive", "start", "finish", "scrapped") == [(3, 3, 6, False)]
    visits = simulate(line, parts=2)
    assert at(visits, "B", "arrive", "depart") == [(3, 6), (7, 10)]
    assert at(visits, "A", "start") == [0, 2, 6, 10]


def test_errors():
    """Times that run out or are not exact, and lines that are not defined, are said clearly."""
    for clock in ("operating", "calendar"):
        with pytest.raises(ExhaustedError):
            one_machine(5, [0, 10], failures=[OracleFailure([[3]], [[2]], clock)])
    with pytest.raises(ValueError, match="exact"):
        one_machine(0.1, [0.1, 0.7])
    with pytest.raises(ValueError, match="saturated"):
        simulate(OracleLine([machines("A", 1, buffer=2)]), parts=1)
    with pytest.raises(ValueError, match="for ever"):
        simulate(OracleLine([machines("A", 1)]))
    with pytest.raises(ValueError, match="conveyor"):
        simulate(OracleLine([machines("A", 1, kind="conveyor", standby=[(1, 1)])]), parts=1)
