"""The studies that ship: each is read, asks a question, and its alternatives are lines of their own."""

import numpy as np
import pytest

from scenarios.options import OptionError
from scenarios.study import load_study, read_study, studies


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


def test_what_a_scenario_costs_per_hour_is_taken_off_its_contribution():
    tables = {
        "schema": 1,
        "line": "reference",
        "parts": 50,
        "replications": 2,
        "show": ["contribution"],
        "good_part": "4 EUR",
        "scenario": [{"name": "rented", "cost_per_hour": "45 EUR"}],
    }
    result = read_study(tables).run()
    figures = [o.figures["contribution"] for o in (result.baseline, result.scenarios[0])]
    before, after = (np.asarray(figure.values) for figure in figures if figure is not None)
    np.testing.assert_allclose(before - after, 45.0, rtol=1e-12)
    with pytest.raises(OptionError, match="cost_per_hour"):
        read_study({key: value for key, value in tables.items() if key not in ("good_part", "show")})
