"""Whatever stands in a line file, the answer is a line or a LineError."""

import copy
import tomllib

import pytest
from broken_lines import OVEN, PROCESS, PRODUCTS, STOP, checked, second
from broken_stations import CASES
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import LineError
from twin.line import Line
from twin.spec import load_line, read_line


def refusal(source) -> str | None:
    """The message of the LineError, None when it is a line."""
    try:
        assert isinstance(read_line(source), Line)
    except LineError as error:
        return str(error)
    return None


WHOLE = tomllib.loads(
    second(
        'machines = 2\nbuffer = 6\ntransport = "6 s"\nplanned_time = { A = "50 s", B = "56 s" }\nscrap = 0.01\n'
        'rework = { share = 0.02 }\nsetup = { default = "0 s", "A>B" = "8 min" }\n'
        'standby = { after = "5 min", wake = "9 s" }\n'
        f'failure = [{{ name = "x", {STOP} }}]\nmaintenance = [{{ every = "40 h", duration = "25 min" }}]\n'
        'power = { processing = "8 kW", gas = { down = "1 kW" } }\n'
        'setpoints.v = { value = "3 m/s", released = ["2 m/s", "4 m/s"], machine = ["1 m/s", "9 m/s"] }\n'
        "[[station.machine]]\n[[station.machine]]\nprocess.time.cv = 0.2\n",
        'process.model = "timed"\nprocess.rate_setpoint = "v"\n'
        'process.time = { distribution = "gamma", mean = "9 s", cv = 0.1 }\n',
        f'{PRODUCTS}[tariff]\nenergy = [{{ from = "06:00", price = "0.2 EUR/kWh" }}]\ngas.co2 = "0.2 kg/kWh"\n'
        '[[shift]]\ndays = "mon-fri"\nfrom = "22:00"\nto = "06:00"\nbreaks = ["23:30-00:30"]\n[plan]\ntakt = "9 s"\n'
        '[line]\nstart = 2026-01-05 06:00:00\nattributes = ["a"]\nbase_load.gas = "1 kW"\npace = "S1"',
    )
    + f'[[station]]\nname = "oven"\n{OVEN}{PROCESS}'
    '[[station]]\nname = "S4"\nprocess = { model = "timed", time = { distribution = "mixture", parts = ['
    '{ weight = 1, distribution = "weibull", shape = 2, scale = "3 s" }] } }\n'
)


def places(node, path: tuple = ()):
    """Paths of all values of a tree of tables and lists."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


PLACES: list[tuple] = list(places(WHOLE))[1:]
WORDS = [path[-1] for path in PLACES if isinstance(path[-1], str)]
TEXTS = st.sampled_from(
    ["", " ", "A", "S1", "v", "1 s", "-1 s", "0 s", "1e308 h", "3 kW", "nan s", "06:00", "a>b", "\ud800", "%", "1 ]"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    TEXTS,
    st.dates(),
    st.times(),
    st.datetimes(),
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["set", "remove", "add", "copy"]), JUNK, st.data()),
        max_size=3,
    )
)
def test_whatever_stands_in_the_file_gives_a_line_or_a_line_error(edits):
    tables = copy.deepcopy(WHOLE)
    for path, action, junk, data in edits:
        try:
            node = tables
            for key in path[:-1]:
                node = node[key]
            if action == "set":
                node[path[-1]] = junk
            elif action == "remove":
                del node[path[-1]]
            elif action == "copy":
                other = data.draw(st.sampled_from(PLACES))
                node[path[-1]] = copy.deepcopy(at(WHOLE, other))
            else:
                node[path[-1]][data.draw(st.sampled_from(WORDS) | st.text(max_size=5))] = junk
        except (KeyError, IndexError, TypeError):
            continue  # an earlier edit removed the place
    message = refusal(tables)
    if message is not None:
        checked(message, ("line: ",))


def at(node, path):
    """The value at a path."""
    for key in path:
        node = node[key]
    return node


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=200)
    | st.sampled_from(list(CASES)).map(lambda name: CASES[name].text)
)
def test_any_text_gives_a_line_or_a_line_error(text):
    assert (refusal(text) or "").isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_give_a_line_or_a_line_error(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "bytes.toml"
    file.write_bytes(content)
    with pytest.raises(LineError):
        load_line(file)


@given(st.text(max_size=30) | st.from_regex(r"[-+]?[0-9.e,]{1,6} ?[a-zA-Z°%µ³²/*^ -]{0,12}", fullmatch=True))
def test_any_text_is_a_quantity_or_a_line_error(text):
    setpoint = {
        "name": "S2",
        "process": WHOLE["station"][0]["process"],
        "setpoints": {"x": {"value": text}},
        "transport": text,
    }
    assert (refusal({"source": {"mode": "saturated"}, "station": [WHOLE["station"][0], setpoint]}) or "").isprintable()
