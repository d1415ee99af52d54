"""Pages of studies and optima: whole, self-contained, and with everything in them."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from scenarios.optimise import optimise_study
from scenarios.optimum_page import optimum_page
from scenarios.study import read_study
from scenarios.study_page import answer, study_page
from scenarios.study_traces import pictures_of

TABLES = {
    "line": "reference",
    "question": "Does <b>S3</b> & co. gain?",
    "parts": 300,
    "replications": 4,
    "show": ["throughput", "lead_time"],
    "probability": ["throughput >= 2700 1/h"],
    "scenario": [
        {"name": "faster <S3>", "set": {"S3.process.time.mean": "0.9 s"}},
        {"name": "buffers", "set": {"S3.buffer": 8}},
    ],
    "sweep": [
        {"name": "one path", "set": {"S3.buffer": [2, 4, 6]}},
        {"name": "two paths", "set": {"S3.buffer": [2, 4], "S4.buffer": [3, 4]}},
        {"name": "alone", "method": "one-at-a-time", "set": {"S3.buffer": [2, 6], "S4.buffer": [3, 6]}},
    ],
    "optimise": {"maximise": "throughput", "subject_to": ["lead_time <= 20 s"], "evaluations": 12,
                 "integers": {"S3.buffer": {"low": 2, "high": 6}}, "verify": 2},
}  # fmt: skip
EMPTY = {"meta", "br", "link", "input", "path", "rect", "circle", "polyline", "polygon", "line"}


class Checker(HTMLParser):
    """Whether every tag is closed, and what the page refers to."""

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


def checked(page):
    found = Checker()
    found.feed(page)
    assert found.open == []
    assert found.links == []
    assert "http" not in page.replace("http://www.w3.org", "")
    return found


@pytest.fixture(scope="module")
def study():
    return read_study(TABLES, name="gain")


@pytest.fixture(scope="module")
def result(study):
    return study.run()


def test_all_cases_are_in_it(study, result):
    page = study_page(result, pictures_of(study.cases()[:2], study.length))
    found = checked(page)
    text = " ".join(found.texts)
    for words in (
        "Does <b>S3</b> & co. gain?",
        "faster <S3>",
        "buffers",
        "one path",
        "critical path",
        "Gantt",
        "✓ better",
    ):
        assert words in text
    assert "<b>S3</b>" not in page
    assert found.tags.count("svg") >= 2 + 1 + 2 + 1 + 1 + 4 + 2
    assert "linetwin whatif gain" in text


def test_the_answer_comes_in_sentences(result):
    sentences = answer(result)
    assert sentences[0].startswith("faster <S3>: throughput +")
    assert any(sentence.startswith("one path: the best throughput of 3 points is") for sentence in sentences)


def test_an_optimum(study):
    found = checked(optimum_page(study, optimise_study(study)))
    text = " ".join(found.texts)
    for words in ("S3.buffer", "fresh random numbers", "lead_time <= 20 s", "evaluations"):
        assert words in text
