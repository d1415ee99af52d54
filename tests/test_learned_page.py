"""The first look at a log as a page: all is named, numbers are those learned, names are escaped, nothing is fetched."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from scenarios.learned_gantt import window
from scenarios.learned_laws import band, cv, density
from scenarios.learned_numbers import rests_on
from scenarios.learned_page import headline, page
from scenarios.learned_stations import times_of
from scenarios.learned_words import interval
from twin.distribution import Distribution
from twin.eventlog.visits import read_visits
from twin.learn.learn import learn
from twin.learn.settings import Settings
from viz.numbers import number

HOSTILE = '<b>&"'
EMPTY = {"meta", "br", "link", "input", "path", "rect", "circle", "polyline", "polygon", "line"}
QUICK = Settings(draws=30)


class Checker(HTMLParser):
    """Whether every tag is closed; what the page refers to; its texts."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") and not (value or "").startswith("#")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def checked(text):
    """The page's texts, once it is known to be whole and to need nothing else."""
    found = Checker()
    found.feed(text)
    assert found.open == []
    assert found.links == []
    assert "script" not in found.tags
    assert "http" not in text
    assert not re.search(r"\b(nan|inf)\b", re.sub(r">[^<]*<", "><", text))
    assert len(text) < 2_000_000
    return " ".join(found.texts).replace("\u00a0", " ")


def log_of(folder, rows, head="part,station,product,scheduled,start,complete"):
    """A log from rows of words and of seconds since a Monday, 06:00."""
    begin = datetime(2026, 1, 5, 6)
    path = folder / "log.csv"
    cells = [
        [f"{begin + timedelta(seconds=one):%Y-%m-%d %H:%M:%S.%f}" if isinstance(one, float) else one for one in row]
        for row in rows
    ]
    quoted = [",".join('"' + str(one).replace('"', '""') + '"' for one in row) for row in cells]
    path.write_text("\n".join([head, *quoted]) + "\n")
    return read_visits(path)


def flow(stations, parts, *, products=("A", "B"), arrivals=True, days=2, wrong=False):
    """Rows of parts that pass the stations on some days."""
    rng = np.random.default_rng(1)
    free = np.zeros(len(stations))
    rows = []
    for part in range(parts):
        came = (part * days // parts) * 86400.0 + (part % (parts // days)) * 60.0
        product = products[part % len(products)] if products else ""
        for m, station in enumerate(stations):
            start = max(came, free[m])
            end = start + float(rng.lognormal(3.3 + 0.2 * (part % 2), 0.2))
            rows.append((f"p{part}", station, product, came if arrivals else "", float(start), float(end)))
            free[m], came = end, end + 4.0
    if wrong:
        rows[10] = (*rows[10][:4], rows[10][5], rows[10][4])  # ends before it starts
        rows.append(rows[20])
        rows.append((*rows[30][:4], "", rows[30][5]))
    return rows


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    return log_of(tmp_path_factory.mktemp("log"), flow(("saw", HOSTILE, "test"), 160, wrong=True))


@pytest.fixture(scope="module")
def found(read):
    return learn(read, QUICK)


@pytest.fixture(scope="module")
def text(found, read):
    return page(found, title=f"first look {HOSTILE}", command="linetwin calibrate log.csv", read=read)


def test_stations_notes_and_numbers_are_in_it(found, text):
    words = checked(text)
    assert found.stations
    for name in found.route.stations:
        assert name in words
    assert len(found.notes) >= 3
    for note in found.notes:
        assert note.what in words
        assert all(str(row) in words for row in note.rows[:6])
    for sentence in found.cannot_tell:
        assert sentence in words
    assert "linetwin calibrate log.csv" in words


def test_numbers_are_those_of_the_line(found, text):
    cells = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>', text
    )
    shown = {unescape(path): rest for path, *rest in cells}
    assert found.intervals
    for path, one in found.intervals.items():
        value, ends, unit, n = shown[path]
        assert value == number(one.value)
        assert ends == interval(one.low, one.high)
        assert unit == ("s" if path.endswith((".mean", ".scale", ".transport", ".default")) else "–")
        expected = rests_on(found, path)
        assert n == ("–" if expected is None else f"{expected:,}")


def test_histograms_are_of_the_times_that_were_fitted(found):
    for facts in found.stations.values():
        samples = times_of(found, facts)
        assert {key: len(one) for key, one in samples.items()} == {key: times.n for key, times in facts.times.items()}


def test_hostile_names_are_escaped(text):
    assert HOSTILE not in text
    assert "&lt;b&gt;&amp;" in text


def test_the_headline_counts(found, read):
    said = headline(found)
    assert f"{len(read):,} visits read, {len(found.log):,} kept" in said
    assert "160 parts on 2 days, Mon 5 Jan 2026 06:00 to Tue 6 Jan 2026" in said
    assert "3 stations in one order: a serial line" in said


def test_thrown_away_visits_need_no_second_log(found):
    assert "thrown away per" in checked(page(found, title="log", command=""))


def test_one_station_without_products_and_arrivals(tmp_path):
    found = learn(log_of(tmp_path, flow(("press",), 120, products=(), arrivals=False)), QUICK)
    words = checked(page(found, title="log", command=""))
    assert "One station, press." in words
    assert "Arrivals are not logged" in words


def test_no_serial_line(tmp_path):
    rng = np.random.default_rng(2)
    rows = []
    for part in range(60):
        at = part * 300.0
        for place in rng.permutation(4):
            rows.append(
                (f"p{part}", f"cell {place}", f"kind {part % 9}", at, at + 1.0, at + 30.0 + float(rng.gamma(4, 2)))
            )
            at = rows[-1][-1] + 2.0
    found = learn(log_of(tmp_path, rows), QUICK)
    assert not found.route.serial
    words = checked(page(found, title="log", command=""))
    assert "No serial line" in words
    for k in range(4):
        assert f"cell {k}" in words
        low, high = found.times.interval((f"cell {k}",), 0.9)
        assert interval(low, high) in words
    assert "from ↓ to →" in words
    assert "other products" in words


def test_seconds_instead_of_dates(tmp_path):
    rows = [",".join(map(str, row)) for row in flow(("saw", "mill"), 80)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["part,station,product,scheduled,start,complete", *rows]) + "\n")
    words = checked(page(learn(read_visits(path), QUICK), title="log", command=""))
    assert "day 1 00:00" in words
    assert "no time of day is known" in words


def test_few_marks_even_of_many_visits(tmp_path):
    found = learn(log_of(tmp_path, flow(("saw", "mill"), 3000, days=40)), QUICK)
    text = page(found, title="log", command="")
    checked(text)
    for drawing in re.findall(r"<svg .*?</svg>", text, re.DOTALL):
        assert drawing.count("<rect") + drawing.count("<circle") + drawing.count("h0") < 2000


def test_the_hour_has_visits_enough_to_recognise(found):
    begin, end = window(found.log)
    assert 300.0 <= end - begin <= 86400.0
    assert ((found.log.start >= begin) & (found.log.start < end)).sum() >= 40


LAWS = (
    Distribution("exponential", {"mean": 20.0}),
    Distribution("weibull", {"shape": 2.5, "scale": 30.0}),
    Distribution("gamma", {"mean": 40.0, "cv": 0.4}),
    Distribution("lognormal", {"mean": 35.0, "cv": 0.6}),
)


@pytest.mark.parametrize(
    "law", [*LAWS, Distribution("mixture", parts=((0.3, LAWS[0]), (0.7, LAWS[2])))], ids=lambda law: law.family
)
def test_densities_have_the_moments_that_they_should(law):
    x = np.linspace(1e-6, 1500.0, 600_001)
    f = density(law, x)
    step = x[1] - x[0]
    assert f.sum() * step == pytest.approx(1.0, abs=2e-3)
    mean = (f * x).sum() * step
    assert mean == pytest.approx(law.mean, rel=2e-3)
    assert np.sqrt((f * x * x).sum() * step - mean**2) / mean == pytest.approx(cv(law), rel=3e-3)


def test_a_band_holds_what_it_promises():
    laws = [Distribution("exponential", {"mean": mean}) for mean in range(10, 31)]
    x = np.array([5.0, 50.0])
    low, high = band(laws, x, 0.9)
    drawn = np.array([density(law, x) for law in laws])
    inside = ((drawn >= low) & (drawn <= high)).mean(axis=0)
    assert (inside >= 0.85).all()
    assert (inside < 1.0).all()
