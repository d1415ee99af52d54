"""The line `housing_section` is `housing` with another process at the caster, and its surrogate fits."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import surrogates
from scenarios.library import line_file
from twin.kpi import kpis
from twin.run import simulate
from twin.spec import load_line


def body(name: str) -> str:
    """The file without its opening comments."""
    text = line_file(name).read_text(encoding="utf-8")
    return text[text.index("schema = 1") :]


def test_it_is_housing_but_for_the_caster() -> None:
    other = body("housing").replace('model = "die_casting" }', 'model = "die_casting_section" }')
    assert body("housing_section") == other.replace('name = "housing"\n', 'name = "housing_section"\n')
    assert load_line("housing_section").station("cast").process.model == "die_casting_section"


def test_the_surrogate_that_ships_takes_the_place_of_the_solver() -> None:
    found = surrogates.with_surrogates(load_line("housing_section"))
    assert {s.name for s in found.stations if s.process.model == "surrogate"} == {"cast", "cure"}
    digest = hashlib.sha256((surrogates.SHIPPED / "die_casting_section.surrogate").read_bytes()).hexdigest()
    assert found.station("cast").process.digest == digest


def test_a_shift_begins_the_same_on_surrogates() -> None:
    """The first parts of the day, of one cell: castings as hot, and as many spoiled, but for the network's error."""
    true = load_line("housing_section")
    cell = replace(true, stations=true.stations[:1], pace="cast")
    totals = [
        kpis(simulate(one, parts=40, replications=4, seed=3, record="kpis"))["scrap_rate"].mean
        for one in (cell, surrogates.with_surrogates(cell))
    ]
    assert 0.02 < totals[0] < 0.5
    assert abs(totals[1] - totals[0]) < 0.01
