"""The studies that ship: each is read, asks a question, and its alternatives are lines that differ from the baseline."""

import pytest

from scenarios.study import load_study, studies


@pytest.mark.parametrize("name", studies())
def test_a_study_asks_a_question_and_its_cases_are_lines(name: str):
    study = load_study(name)
    cases = study.cases()
    assert study.question.endswith("?")
    assert len(cases) == 1 + len(study.scenarios) + sum(len(sweep.points) for sweep in study.sweeps)
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("name", studies())
def test_a_scenario_changes_something(name: str):
    study = load_study(name)
    for scenario in study.scenarios:
        assert scenario.changes != study.baseline.changes
