"""Units, the lines that ship, the starter and the schema for editors."""

import json
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.library import line_file, line_names
from twin.behave import nominal_time
from twin.distribution import FAMILIES, Distribution
from twin.errors import LineError, RuleError, nearest, shown
from twin.physics import FAMILIES as PROCESSES
from twin.spec import json_schema, library_lines, load_line, read_line, starter
from twin.store import line_hash
from twin.units import ENERGY, POWER, TIME, Money, money, quantity


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("42 s", TIME, 42.0),
        ("42s", TIME, 42.0),
        (" 1.5  h ", TIME, 5400.0),
        ("3 minutes", TIME, 180.0),
        ("+.5e1 d", TIME, 432000.0),
        ("2 weeks", TIME, 1209600.0),
        ("8 kW", POWER, 8000.0),
        ("3.6 MJ/h", POWER, 1000.0),
        ("1 kWh", ENERGY, 3.6e6),
    ],
)
def test_quantities(text, kind, value):
    assert quantity(text, kind) == pytest.approx(value, rel=1e-14)


def test_prices():
    assert money("3600 USD / MWh", ENERGY) == Money(1e-6, "USD")


@pytest.mark.parametrize("text", ["200 C", "5 Nm", "400 Nm³/h", "3 U/min", "70 F"])
def test_units_that_pint_reads_as_something_else_are_refused(text):
    with pytest.raises(RuleError, match="two meanings"):
        quantity(text, TIME)


def test_the_library():
    assert line_names() == sorted(library_lines()) == ["bottling", "housing", "housing_section", "reference"]
    for name in line_names():
        assert load_line(name) == read_line(line_file(name).read_text(encoding="utf-8"))
        assert load_line(name).name == name
    with pytest.raises(KeyError, match="housing, housing_section, reference"):
        line_file("nothing")


def test_a_file_goes_before_a_line_of_the_library(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("reference").write_text(starter(), encoding="utf-8")
    assert load_line("reference").name == "starter"


def test_the_reference_line():
    reference = load_line("reference")
    assert [station.buffer for station in reference.stations] == [0, 4, 4, 4, 4]
    assert all(station.process.time == Distribution("exponential", {"mean": 1.0}) for station in reference.stations)


def test_the_housing_line():
    housing = load_line("housing")
    names = " ".join(station.name for station in housing.stations)
    assert names == "cast trim deburr mill wash leak coat cure assemble inspect pack"
    mill = housing.station("mill")
    assert mill.process.model == "machining"
    assert mill.setpoints["tool_change_after"].value == 120
    assert (nominal_time(mill), nominal_time(mill, "B")) == pytest.approx((160.0, 168.0), abs=0.1)
    assert {station.name for station in housing.stations if station.kind == "conveyor"} == {"wash", "cure"}
    assert {s.process.model for s in housing.stations} == set(PROCESSES) - {"moulding", "die_casting_section"} | {
        "timed"
    }
    assert sum(len(station.setpoints) for station in housing.stations) == 20
    windows = [(p.released, p.machine) for station in housing.stations for p in station.setpoints.values()]
    assert all(released and machine for released, machine in windows)


def test_the_baseline_of_the_housing_line_is_frozen():
    page = (Path(__file__).parents[1] / "docs" / "housing.md").read_text(encoding="utf-8")
    assert f"`{line_hash(load_line('housing'))}`" in page


def test_every_number_of_the_housing_line_says_where_it_is_from():
    text = line_file("housing").read_text(encoding="utf-8")
    assert "every number is an assumption" in text
    for table in text.split("[[station]]")[1:]:
        assert "assumption" in table


def test_the_starter_loads():
    assert [station.name for station in read_line(starter()).stations] == ["saw", "lathe", "wash"]


def test_the_switched_off_lines_of_the_starter_load_too():
    off = re.compile(r"^# (?=\[\[|(name|share|days|from|to|breaks|setpoints\.speed) =)", re.MULTILINE)
    read = read_line(off.sub("", starter()))
    assert (len(read.products), len(read.shifts), len(read.station("lathe").setpoints)) == (2, 1, 1)


def test_the_schema_for_editors_knows_every_key():
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["properties"]) == {"schema", "line", "plan", "source", "product", "shift", "tariff", "station"}
    keys = schema["$defs"]["StationTable"]["properties"]
    assert keys["buffer"] == {"default": 0, "maximum": 100000, "minimum": 0, "title": "Buffer", "type": "integer"}
    assert schema["$defs"]["StationTable"]["required"] == ["name", "process"]
    assert schema["$defs"]["ShiftTable"]["required"] == ["days", "from", "to"]
    assert schema["additionalProperties"] is False


def test_reading_units_and_files_is_imported_when_a_line_is_read():
    code = "import sys, twin.spec; print([name for name in ('pint', 'pydantic', 'pyarrow') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_page_about_line_files_names_every_key_and_every_family():
    page = (Path(__file__).parents[1] / "docs" / "line-file.md").read_text(encoding="utf-8")
    tables = [json_schema(), *json_schema()["$defs"].values()]
    keys = {key for table in tables for key in table.get("properties", ()) if not key.startswith(">")}
    assert keys - set(re.findall(r"\w+", page)) == set()
    assert all(f'"{family}"' in page for family in FAMILIES)
    assert "processes.md" in page


def test_the_schema_leaves_machines_that_differ_and_parts_of_mixtures_free():
    tables = json_schema()["$defs"]
    assert tables["MixturePart"] == {"type": "object", "required": ["weight", "distribution"]}
    assert tables["MachineTable"]["properties"]["process"]["type"] == "object"


def test_an_error_can_travel_between_processes():
    with pytest.raises(LineError) as caught:
        load_line("refrence")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_words_of_messages():
    assert shown(math.inf) == "inf"
    assert shown("a" * 100).endswith("…'")
    assert shown(10**100) == "a whole number of more than 60 digits"
    assert nearest("Buffer", ["buffer"]) == "buffer"
    assert nearest("xyzzy", ["buffer"]) is None
