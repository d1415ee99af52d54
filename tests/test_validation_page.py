"""The page of a validation: verdict first, coverages as found, days as dots before bands, nothing fetched."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_learned_page import HOSTILE, checked

from scenarios.validation_days import fan
from scenarios.validation_page import page
from scenarios.validation_ranks import chance_band
from surrogates.pages.words import percent
from twin.calibrate.stoplog import Note
from twin.eventlog.words import Words
from twin.validation.drift import trends_of
from twin.validation.ranks import coverage_of
from twin.validation.simulated import Simulated
from twin.validation.validation import Validation
from twin.validation.verdict import verdict_of

RNG = np.random.default_rng(0)
DAYS = np.arange(20458, 20464)
EACH = np.repeat(DAYS, 50)
RISING = 40 * 1.1 ** (EACH - EACH[0]) + RNG.random(len(EACH))


def simulation():
    measured = {
        "throughput": np.array([50.0, 51.0, 49.0, 80.0, 50.0, np.nan]),
        "lead_time": np.full(6, 600.0),
        "wip": np.full(6, 9.0),
        f"{HOSTILE}.processing": np.full(6, 0.7),
        f"{HOSTILE}.visit": np.full(6, 40.0),
    }
    drawn = {name: np.nanmedian(values) * RNG.lognormal(0, 0.05, (40, 6)) for name, values in measured.items()}
    return Simulated(DAYS, measured, drawn, (np.zeros(0), np.zeros((40, 0))), np.zeros(0, np.int64), "when parts came")


def validation(*, serial=True):
    even, low = RNG.random(len(EACH)), RNG.random(len(EACH)) ** 3
    one = simulation() if serial else None
    found = Validation(
        "model", "log.csv", DAYS, (300, 310),
        {"the model": coverage_of(even, EACH), "mean of the last day": coverage_of(low, EACH)},
        {HOSTILE: coverage_of(even, EACH)}, coverage_of(low, EACH, per_day=3),
        {} if one is None else {name: coverage_of(one.ranks(name), DAYS) for name in one.measured}, one,
        trends_of(Words(np.zeros(len(EACH), np.int32), (HOSTILE,)), RISING, EACH),
        {"new <station>": 7}, (Note("dropped, no end", (3, 4)),),
    )  # fmt: skip
    return Validation(**{**vars(found), "verdict": verdict_of(found)})


@pytest.fixture(scope="module")
def found():
    return validation()


@pytest.fixture(scope="module")
def text(found):
    return page(found, title=f"model {HOSTILE}", command="linetwin validate model.json log.csv")


def test_verdict_comes_first_and_whole(found, text):
    words = checked(text)
    assert words.index(found.verdict.headline) < words.index("Promised and held")
    for sentence in found.verdict.missing:
        name, _, rest = sentence.partition(": ")
        assert name in words
        assert rest.replace("%", " %") in words or rest in words
    assert text.count('<li class="holds">') == len(found.verdict.good)
    assert text.count('<li class="fails">') == sum("inside the intervals" in one for one in found.verdict.missing) > 0


def test_coverages_stand_beside_what_was_promised(found, text):
    words = checked(text)
    for name, one in found.coverage.items():
        assert f"visit times, {name}" in words
        for held in one.held:
            assert percent(held) in words
    for level in (50, 80, 90):
        assert f"promised {level} %" in words


def test_everything_is_named_and_escaped(text):
    words = checked(text)
    assert HOSTILE not in text
    for one in (
        HOSTILE,
        "new <station>",
        "dropped, no end",
        "output",
        "work in process",
        "in process",
        "drifts",
        "3, 4",
    ):
        assert one in words
    assert "linetwin validate model.json log.csv" in words


def test_without_a_line_no_day_is_simulated():
    words = checked(page(validation(serial=False), title="model", command=""))
    assert "No line was simulated" in words


def test_measured_days_are_dots_where_they_were_measured():
    drawing = fan(simulation(), "throughput", "1/h", "day", scale=1.0)
    assert len(re.findall(r'class="second fill"', drawing)) == 5 + 1  # and one in the key
    assert drawing.count("accent band") == 3


def test_one_day_is_enough():
    one = simulation().on(DAYS[:1])
    drawing = fan(one, "throughput", "1/h", "day", scale=1.0)
    polygons = re.findall(r'points="([^"]+)" class="accent band"', drawing)
    widths = [max(x) - min(x) for x in ([float(p.split(",")[0]) for p in one.split()] for one in polygons)]
    assert min(widths) > 100


def test_chance_holds_an_even_histogram_and_no_uneven_one(found):
    low, high = chance_band(found.coverage["the model"])
    assert all(low <= count <= high for count in found.coverage["the model"].histogram)
    low, high = chance_band(found.coverage["mean of the last day"])
    assert found.coverage["mean of the last day"].histogram[0] > high
