"""Numbers of a line by path: taken out, put back, drawn, and in a file."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_lines import random_line

from twin.draws import draws_text, read_draws
from twin.errors import LineError, RuleError
from twin.line import Draws
from twin.parameters import drawn, numbers_of, with_numbers
from twin.spec import load_line

FEATURES = [
    "scrap", "rework", "setup", "operating", "calendar", "products", "machines", "transport", "buffers", "interval",
    "empirical", "recorded",
]  # fmt: skip


@given(st.integers(0, 10_000), st.sets(st.sampled_from(FEATURES)))
def test_the_same_numbers_make_the_same_line(seed, features):
    line = random_line(seed, features)
    numbers = numbers_of(line)
    assert with_numbers(line, numbers) == line
    assert with_numbers(line, {}) == line
    assert all(math.isfinite(value) for value in numbers.values())


@given(st.integers(0, 10_000), st.sets(st.sampled_from(FEATURES)), st.floats(0.5, 0.99))
def test_other_numbers_come_back_out(seed, features, factor):
    line = random_line(seed, features)
    numbers = {path: value * factor for path, value in numbers_of(line).items()}
    changed = with_numbers(line, numbers)
    assert numbers_of(changed) == pytest.approx(numbers, rel=1e-15)
    assert with_numbers(changed, numbers_of(line)) == line


@given(st.integers(0, 10_000), st.integers(-5, 12))
def test_draws_are_counted_round(seed, place):
    line = random_line(seed, set(FEATURES))
    paths = tuple(numbers_of(line))[:3]
    values = tuple(tuple(0.1 * (k + 1) + 0.01 * m for m in range(len(paths))) for k in range(4))
    one = drawn(replace(line, draws=Draws(paths, values)), place)
    assert [numbers_of(one)[path] for path in paths] == list(values[place % 4])


def test_numbers_that_the_line_has_no_more_are_left_out():
    line = replace(load_line("reference"), draws=Draws(("S1.process.time.mean", "S9.scrap"), ((2.0, 0.1),)))
    assert numbers_of(drawn(line, 0))["S1.process.time.mean"] == 2.0


def test_faults_name_the_path_and_the_nearest():
    line = load_line("reference")
    with pytest.raises(ValueError, match=r"has no number 'S1.process.time.meen'. Use 'S1.process.time.mean'."):
        with_numbers(line, {"S1.process.time.meen": 1.0})
    with pytest.raises(ValueError, match="has no draws"):
        drawn(line, 0)


def test_parts_of_a_mixture_have_numbers(tmp_path):
    parts = '{ weight = 0.7, distribution = "exponential", mean = "30 s" }, '
    parts += '{ weight = 0.3, distribution = "lognormal", mean = "60 s", cv = 0.1 }'
    path = tmp_path / "line.toml"
    path.write_text(
        'schema = 1\n[source]\nmode = "saturated"\n[[station]]\nname = "S"\nprocess.model = "timed"\n'
        f'process.time = {{ distribution = "mixture", parts = [{parts}] }}\n'
    )
    head = "S.process.time.parts"
    assert numbers_of(load_line(path)) == {
        f"{head}.1.weight": 0.7, f"{head}.1.mean": 30.0, f"{head}.2.weight": 0.3, f"{head}.2.mean": 60.0,
        f"{head}.2.cv": 0.1,
    }  # fmt: skip


class TestFile:
    @pytest.fixture
    def line(self):
        return load_line("reference")

    @given(st.lists(st.tuples(st.floats(0.1, 1e6), st.floats(1e-6, 0.99)), min_size=1, max_size=20))
    def test_what_is_written_is_read(self, tmp_path_factory, rows):
        line = load_line("reference")
        path = tmp_path_factory.mktemp("draws") / "draws.csv"
        path.write_text(draws_text(Draws(("S1.process.time.mean", "S2.process.time.mean"), tuple(rows))))
        found = read_draws(path, line)
        assert found.paths == ("S1.process.time.mean", "S2.process.time.mean")
        for mine, theirs in zip(found.values, rows, strict=True):
            assert mine == pytest.approx(theirs, rel=1e-7)

    def test_names_with_commas_and_quotes(self, tmp_path, line):
        odd = replace(line, stations=(replace(line.stations[0], name='saw, "left"'), *line.stations[1:]))
        draws = Draws(('saw, "left".process.time.mean',), ((2.0,), (3.0,)))
        (tmp_path / "draws.csv").write_text(draws_text(draws))
        assert read_draws(tmp_path / "draws.csv", odd) == draws

    @pytest.mark.parametrize(
        ("content", "message", "remedy"),
        [
            ("S1.process.time.meen\n1\n", "has a column 'S1.process.time.meen'", "Rename it to 'S1.process.time.mean'"),
            ("S1.process.time.mean\n", "has no rows", "Write line and draws anew"),
            ("S1.process.time.mean\n1\nsoon\n", "row 3, column 'S1.process.time.mean'", "Write line and draws anew"),
            ("S1.process.time.mean\nnan\n", "row 2, column 'S1.process.time.mean'", "Write line and draws anew"),
            ("S1.process.time.mean\ninf\n", "row 2, column 'S1.process.time.mean'", "Write line and draws anew"),
            ("S1.process.time.mean,S2.process.time.mean\n1\n", "row 2 of", "Write line and draws anew"),
        ],
    )
    def test_a_damaged_file_is_named(self, content, message, remedy, tmp_path, line):
        path = tmp_path / "draws.csv"
        path.write_text(content)
        with pytest.raises(RuleError) as caught:
            read_draws(path, line)
        assert message in (caught.value.subject or "")
        assert remedy in caught.value.remedy

    def test_a_line_names_its_draws(self, tmp_path):
        text = 'schema = 1\n[line]\ndraws = "d.csv"\n[source]\nmode = "saturated"\n[[station]]\nname = "S"\n'
        text += 'process = { model = "timed", time = { distribution = "exponential", mean = "30 s" } }\n'
        (tmp_path / "line.toml").write_text(text)
        with pytest.raises(LineError, match=r"d\.csv"):
            load_line(tmp_path / "line.toml")
        (tmp_path / "d.csv").write_text("S.process.time.mean\n31\n29\n")
        line = load_line(tmp_path / "line.toml")
        assert line.draws == Draws(("S.process.time.mean",), ((31.0,), (29.0,)))
        assert numbers_of(drawn(line, 1)) == {"S.process.time.mean": 29.0}
