"""Broken line files, what their messages must say, and how a message is checked."""

import re
from dataclasses import dataclass

VERBS = (
    r"Add|Begin|Change|Check|Choose|Correct|Cut|End|Fill|Give|Join|Leave|Make|Name|Narrow|Remove|Rename|Save|Shorten|"
    r"Sort|Swap|Use|Widen|Write"
)
REMEDY = re.compile(rf"[;)] .*\. ({VERBS})\b.*\.$")

PROCESS = 'process = { model = "timed", time = { distribution = "constant", mean = "42 s" } }\n'
OVEN = 'kind = "conveyor"\nmachines = 10\npitch = "5 s"\n'
MILL = 'process = {{ model = "machining", {} }}\n'
PRODUCTS = '[[product]]\nname = "A"\nshare = 0.5\n[[product]]\nname = "B"\nshare = 0.5\n'
STOP = 'up = { distribution = "exponential", mean = "8 h" }, down = { distribution = "exponential", mean = "9 min" }'


@dataclass(frozen=True)
class Case:
    """A broken file and what its message must contain besides the name of the file."""

    text: str
    fragments: tuple[str, ...]


def line(top: str = "", source: str = 'mode = "saturated"', first: str = "") -> str:
    """A line of one station named S1 with the given tables."""
    return f'{top}\n[source]\n{source}\n[[station]]\nname = "S1"\n{PROCESS}{first}\n'


def second(body: str, process: str = PROCESS, top: str = "") -> str:
    """A line of S1 and S2 with the given keys of S2."""
    return f'{line(top)}[[station]]\nname = "S2"\n{process}{body}\n'


def timed(distribution: str) -> str:
    """A line whose second station has the given time."""
    return second("", f'process = {{ model = "timed", time = {{ {distribution} }} }}\n')


def failing(entry: str, body: str = "") -> str:
    """A line whose second station has the given failure."""
    return second(f"{body}failure = [{{ {entry} }}]")


def tariff(entry: str) -> str:
    """A line with the given tariff."""
    return line(f"[tariff]\n{entry}")


def shift(entry: str) -> str:
    """A line with the given shift."""
    return line(f"[[shift]]\n{entry}")


def setpoint(entry: str) -> str:
    """A line whose second station has the given setpoint."""
    return second(f"setpoints.speed = {{ {entry} }}")


S1, S2 = "station 'S1'", "station 'S2'"
LINE_CASES: dict[str, Case] = {
    # The file itself
    "empty": Case("", ("the file is empty", "linetwin init")),
    "only comments": Case("# nothing\n", ("source is missing", 'mode = "saturated"')),
    "no TOML": Case("[line\nname = 3", ("line 1", "'[line'", "TOML")),
    "no TOML at the end": Case('[line]\nname = "x', ("line 2", "'name = \"x'", "TOML")),
    "key twice": Case("schema = 1\nschema = 1", ("line 2", "TOML")),
    "tables too deep": Case("a = " + "[" * 5000 + "]" * 5000, ("nested",)),
    "number of 5000 digits": Case("schema = " + "9" * 5000, ("TOML",)),
    "schema 2": Case(line("schema = 2"), ("schema is 2", "Use schema = 1")),
    "no stations": Case('station = []\n[source]\nmode = "saturated"', ("0 stations", "[[station]]")),
    "station missing": Case('[source]\nmode = "saturated"', ("station is missing", "[[station]]")),
    "station a number": Case('station = 3\n[source]\nmode = "saturated"', ("station is 3", "[[station]]")),
    "table for a text": Case(line("[line]\nname = { a = 1 }"), ("line.name is a table",)),
    # Keys
    "unknown table": Case(line("[lines]\nname = 'x'"), ("unknown key 'lines'", "'line'")),
    "unknown key": Case(second("bufer = 4"), (S2, "unknown key 'bufer'", "'buffer'")),
    "unknown key, nothing near": Case(second("xyzzy = 4"), (S2, "unknown key 'xyzzy'", "machines, buffer")),
    "unknown key in the time": Case(
        timed('distribution = "constant", mean = "1 s", cv = 1'), (S2, "process.time", "'cv'")
    ),
    "unknown key in a failure": Case(failing(f'nam = "x", {STOP}'), (S2, "failure 1", "'nam'", "'name'")),
    "quoted dotted key": Case(second('"process.time.mean" = "3 s"'), (S2, "'process.time.mean'", "without quotes")),
    "process missing": Case(second("", ""), (S2, "process is missing", "Add process")),
    "name missing": Case(line() + "[[station]]\n" + PROCESS, ("station 2", "name is missing", "Add name")),
    "mean missing": Case(timed('distribution = "lognormal", cv = 0.1'), (S2, "process.time", "mean is missing")),
    # What cannot be modelled
    "operators": Case(second("operators = 2"), (S2, "'operators'", "shared operators, vehicles")),
    "crew": Case(line("[crew]\nsize = 3"), ("'crew'", "shared operators")),
    "vehicles": Case(line("vehicles = 3"), ("'vehicles'", "vehicles")),
    "crews": Case(line() + "[[crew]]\nsize = 3", ("'crew'", "repair crews", "event engine")),
    "repair crew of the line": Case(line("[line]\nrepair_crew = 1"), ("line", "'repair_crew'", "event engine")),
    "repair crew of a station": Case(second('repair_crew = "fitters"'), (S2, "'repair_crew'", "event engine")),
    "repairers of a failure": Case(
        failing(f"repairers = 2, {STOP}"), (S2, "failure 1", "'repairers'", "event engine", "down of the failure")
    ),
    "maintenance team": Case(line() + "[maintenance_team]\nsize = 3", ("'maintenance_team'", "event engine")),
    "agv": Case(second('agv = "A1"'), (S2, "'agv'", "vehicles")),
    "next": Case(second('next = ["S1"]'), (S2, "'next'", "return to an earlier station")),
    "route": Case(line('route = ["S1", "S1"]'), ("'route'", "return to an earlier station")),
    "assembly": Case(second('components = ["screw"]'), (S2, "'components'", "assembly")),
    # Numbers
    "buffer -1": Case(second("buffer = -1"), (S2, "buffer is -1", "zero or more parts", "Use 0 for none")),
    "buffer 2.5": Case(second("buffer = 2.5"), (S2, "buffer is 2.5", "whole number")),
    "buffer a text": Case(second('buffer = "4"'), (S2, "buffer is '4'", "without quotes")),
    "buffer true": Case(second("buffer = true"), (S2, "buffer is true")),
    "buffer endless": Case(second("buffer = 1000000000000"), (S2, "buffer is 1000000000000", "100000")),
    "buffer a list": Case(second("buffer = [1, 2]"), (S2, "buffer is [1, 2]")),
    "no machines": Case(second("machines = 0"), (S2, "machines is 0", "one or more")),
    "kind unknown": Case(second('kind = "conveyer"'), (S2, "kind is 'conveyer'", "'conveyor'")),
    "scrap 1": Case(second("scrap = 1"), (S2, "scrap is 1", "less than 1")),
    "scrap nan": Case(second("scrap = nan"), (S2, "scrap is nan")),
    "scrap in percent": Case(second('scrap = "2 %"'), (S2, "scrap is '2 %'", "0.02")),
    "rework 1.5": Case(second("rework = { share = 1.5 }"), (S2, "rework.share is 1.5")),
    "rework once": Case(
        second("rework = { share = 0.5, max_attempts = 1 }"), (S2, "rework.max_attempts is 1", "2 to 20")
    ),
    "scrap and rework": Case(second("scrap = 0.6\nrework = { share = 0.5 }"), (S2, "scrap 0.6", "0.5", "below 1")),
    "no pallets": Case(line("[line]\npallets = 0"), ("line.pallets is 0",)),
    # Processes of a family
    "age of a thing that does not wear": Case(
        second("", 'process = { model = "die_casting", ages = "new" }\n'), (S2, "process.ages is 'new'", "wears")
    ),
    "age unknown": Case(second("", MILL.format('ages = "old"')), (S2, "process.ages is 'old'", "'new'")),
    # Quantities
    "mean without unit": Case(
        timed('distribution = "constant", mean = 42'), (S2, "process.time.mean is 42", 'Use "42 s"')
    ),
    "mean without unit, quoted": Case(timed('distribution = "constant", mean = "42"'), (S2, "mean is '42'", '"42 s"')),
    "mean a length": Case(timed('distribution = "constant", mean = "5 m"'), (S2, "'5 m'", "a length", '"5 min"')),
    "mean of 0": Case(timed('distribution = "constant", mean = "0 s"'), (S2, "mean is '0 s'", "more than zero")),
    "mean negative": Case(timed('distribution = "constant", mean = "-1 s"'), (S2, "'-1 s'", "more than zero")),
    "mean infinite": Case(timed('distribution = "constant", mean = "inf s"'), (S2, "'inf s'", "finite")),
    "mean nan": Case(timed('distribution = "constant", mean = "nan s"'), (S2, "'nan s'", "finite")),
    "mean 1e999": Case(timed('distribution = "constant", mean = "1e999 s"'), (S2, "'1e999 s'", "finite")),
    "mean of 200 years": Case(timed('distribution = "constant", mean = "200 years"'), (S2, "'200 years'", "100 years")),
    "mean tiny": Case(timed('distribution = "constant", mean = "1e-9 s"'), (S2, "'1e-9 s'", "1 microsecond")),
    "mean with a comma": Case(timed('distribution = "constant", mean = "1,5 s"'), (S2, "'1,5 s'", "point")),
    "two units": Case(timed('distribution = "constant", mean = "1 h 30 min"'), (S2, "'1 h 30 min'", "one unit")),
    "unit unknown": Case(timed('distribution = "constant", mean = "3 parsek"'), (S2, "'3 parsek'", "not a unit")),
    "expression": Case(timed('distribution = "constant", mean = "9**9**9 s"'), (S2, "'9**9**9 s'")),
    "line break in a value": Case(timed('distribution = "constant", mean = "4\\n2 s"'), (S2, "4\\n2 s")),
    "transport negative": Case(second('transport = "-5 s"'), (S2, "transport is '-5 s'", "zero or more")),
    "takt in kilowatts": Case(line('[plan]\ntakt = "55 kW"'), ("plan.takt is '55 kW'", "a time is expected")),
    "power in seconds": Case(second('power.processing = "8 s"'), (S2, "power.processing is '8 s'", '"8 kW"')),
    "power without unit": Case(second("power = { down = 3 }"), (S2, "power.down is 3", '"3 kW"')),
    "power of a star": Case(second('power = { down = "1e30 W" }'), (S2, "'1e30 W'", "1 GW")),
    "state unknown": Case(second('power = { procesing = "1 kW" }'), (S2, "power", "'procesing'", "'processing'")),
    "power twice": Case(
        second('power = { down = "1 kW", electricity = { down = "2 kW" } }'), (S2, "power.electricity.down", "twice")
    ),
    "carrier unknown": Case(
        line('[line]\nbase_load = { steam = "1 kW" }'), ("line.base_load", "'steam'", "electricity")
    ),
    # Distributions
    "time a text": Case(
        second("", 'process = { model = "timed", time = "42 s" }\n'), (S2, "process.time is '42 s'", "constant")
    ),
    "no distribution": Case(timed('mean = "42 s"'), (S2, "process.time", "distribution is missing")),
    "distribution unknown": Case(timed('distribution = "log-normal"'), (S2, "'log-normal'", 'Use "lognormal"')),
    "model unknown": Case(
        second("", 'process = { model = "machinig" }\n'), (S2, "process.model is 'machinig'", 'Use "machining"')
    ),
    "number of a process unknown": Case(second("", MILL.format("lods = 3")), (S2, "unknown key 'lods'", "Use 'load'")),
    "number of a process without unit": Case(second("", MILL.format("load = 14")), (S2, "process.load is 14", "14 s")),
    "number of a process with another unit": Case(
        second("", MILL.format('load = "14 kW"')), (S2, "process.load", "14 s")
    ),
    "number of a process out of range": Case(
        second("", MILL.format("teeth = 600")), (S2, "process.teeth is 600", "1 to 60")
    ),
    "number of a process not a number": Case(second("", MILL.format("teeth = nan")), (S2, "process.teeth", "finite")),
    "numbers by product no table": Case(
        second("", MILL.format("product = 3")), (S2, "process.product is 3", "product.A")
    ),
    "numbers of a product that is not there": Case(
        second("", MILL.format("product.C.teeth = 4")), (S2, "process.product", "'C'")
    ),
    "setpoint that the process has not": Case(
        second('setpoints.feed = { value = "0.1 mm" }', MILL.format("teeth = 6")),
        (S2, "'feed' is no setpoint", "feed_per_tooth"),
    ),
    "setpoint beyond the machine": Case(
        second('setpoints.drill_speed = { value = "900 m/min" }', MILL.format("teeth = 6")),
        (S2, "setpoints.drill_speed.value is '900 m/min'", "60 m/min to 260 m/min"),
    ),
    "setpoint with another unit": Case(
        second('setpoints.drill_speed = { value = "9 kW" }', MILL.format("teeth = 6")),
        (S2, "setpoints.drill_speed", "m/min"),
    ),
    "window of a setpoint beyond the machine": Case(
        second(
            'setpoints.drill_speed = { value = "160 m/min", machine = ["60 m/min", "900 m/min"] }',
            MILL.format("teeth = 6"),
        ),
        (S2, "setpoints.drill_speed.machine", "260 m/min"),
    ),
    "power beside a process that tells it": Case(
        second('power = { processing = "9 kW" }', MILL.format("teeth = 6")),
        (S2, "power.processing is '9 kW'", "Remove it"),
    ),
    "rework beside a process of a family": Case(
        second("rework = { share = 0.1 }", MILL.format("teeth = 6")), (S2, "rework stands beside", "Remove rework")
    ),
    "machines that differ with a process of a family": Case(
        second("[[station.machine]]\nprocess.teeth = 4", MILL.format("teeth = 6")),
        (S2, "[[station.machine]]", "Make two stations"),
    ),
    "places of a conveyor and of its process": Case(
        second('kind = "conveyor"\nmachines = 20', 'process = { model = "oven" }\n'),
        (S2, "machines is 20", "the process 'oven' has 24 places", "Use 24"),
    ),
    "an oven that is no conveyor": Case(
        second("", 'process = { model = "oven" }\n'), (S2, "kind is 'machines'", 'Add kind = "conveyor"')
    ),
    "finding what nobody makes": Case(
        second("finds = { porosity = 0.9 }"), (S2, "finds names 'porosity'", "Remove it")
    ),
    "finding more than all": Case(second("finds = { all = 1.5 }"), (S2, "finds.all is 1.5", "0.9")),
    "time to failure a bare time": Case(
        failing('up = "8 h", down = "9 min"'), (S2, "up is '8 h'", 'distribution = "exponential"')
    ),
    "failure in the words of others": Case(failing('mtbf = "8 h", mttr = "9 min"'), (S2, "unknown key 'mtbf'", "'up'")),
    "process a text": Case(second("", 'process = "timed"\n'), (S2, "process is 'timed'", "model")),
    "uniform inverted": Case(
        timed('distribution = "uniform", low = "9 s", high = "3 s"'), (S2, "process.time.high is '3 s'")
    ),
    "triangular disordered": Case(
        timed('distribution = "triangular", low = "1 s", mode = "9 s", high = "3 s"'),
        (S2, "process.time.mode is '9 s'"),
    ),
    "normal too wide": Case(
        timed('distribution = "normal", mean = "1 s", sd = "9 s"'), (S2, "process.time.sd is '9 s'")
    ),
    "cv of 0": Case(timed('distribution = "gamma", mean = "1 s", cv = 0'), (S2, "process.time.cv is 0")),
    "cv with a unit": Case(timed('distribution = "gamma", mean = "1 s", cv = "1 s"'), (S2, "process.time.cv is '1 s'")),
    "shape infinite": Case(timed('distribution = "weibull", shape = inf, scale = "1 s"'), (S2, "shape is inf")),
    "weights": Case(
        timed(
            'distribution = "mixture", parts = [{ weight = 0.5, distribution = "constant", mean = "1 s" },'
            '{ weight = 0.4, distribution = "constant", mean = "2 s" }]'
        ),
        (S2, "process.time", "sum to 0.9"),
    ),
    "mixture of mixtures": Case(
        timed('distribution = "mixture", parts = [{ weight = 1, distribution = "mixture" }]'),
        (S2, "parts[1]", "'mixture'"),
    ),
    "part of a mixture": Case(
        timed('distribution = "mixture", parts = [{ weight = 1, distribution = "constant", mean = "0 s" }]'),
        (S2, "parts[1].mean is '0 s'"),
    ),
    "weight missing": Case(
        timed('distribution = "mixture", parts = [{ mean = "1 s" }]'), (S2, "parts[1]", "weight is missing")
    ),
    "no parts": Case(timed('distribution = "mixture", parts = []'), (S2, "process.time", "sum to 0")),
    "sample empty": Case(timed('distribution = "empirical", values = []'), (S2, "process.time.values is []", "sample")),
    "sample and file": Case(
        timed('distribution = "empirical", values = ["1 s"], file = "a.csv"'),
        (S2, "values, file is given", "either values"),
    ),
    "sample without unit": Case(timed('distribution = "empirical", values = [3]'), (S2, "values[1] is 3", '"3 s"')),
    # Files of times
    "file missing": Case(
        second("", 'process = { model = "recorded", file = "no.csv", column = "S2" }\n'), (S2, "no.csv' does not exist")
    ),
    "file near": Case(
        second("", 'process = { model = "recorded", file = "time.csv", column = "S2" }\n'), (S2, "Use 'times.csv'")
    ),
    "file a folder": Case(
        second("", 'process = { model = "recorded", file = ".", column = "S2" }\n'), (S2, "is a folder")
    ),
    "column missing": Case(
        second("", 'process = { model = "recorded", file = "times.csv", column = "S9" }\n'), (S2, "'S9'", "'S2'")
    ),
    "row blank": Case(
        second("", 'process = { model = "recorded", file = "times.csv", column = "blank" }\n'),
        (S2, "row 3", "'blank'", "Fill"),
    ),
    "row a word": Case(
        second("", 'process = { model = "recorded", file = "times.csv", column = "word" }\n'), (S2, "row 2", "'x'")
    ),
    "row negative": Case(
        timed('distribution = "empirical", file = "times.csv", column = "less"'), (S2, "row 3", "'-1'", "'less'")
    ),
    "file binary": Case(
        second("", 'process = { model = "recorded", file = "b.csv", column = "a" }\n'), (S2, "b.csv", "UTF-8")
    ),
    "quote open": Case(
        second("", 'process = { model = "recorded", file = "q.csv", column = "a" }\n'), (S2, "row 2", "q.csv")
    ),
    "recorded rework": Case(
        second("rework = { share = 0.1 }", 'process = { model = "recorded", file = "times.csv", column = "S2" }\n'),
        (S2, "rework", "one row per start"),
    ),
    # Names
    "stations with one name": Case(line() + f'[[station]]\nname = "S1"\n{PROCESS}', (S1, "name is 'S1'", "Rename")),
    "name reserved": Case(line().replace('"S1"', '"line"'), ("name is 'line'", "Choose another name")),
    "name with a dot": Case(line().replace('"S1"', '"S.1"'), ("name is 'S.1'", "no dots")),
    "name empty": Case(line().replace('"S1"', '""'), ("name is ''",)),
    "name a number": Case(line().replace('"S1"', "1"), ("station 1", "name is 1")),
    "pace unknown": Case(line('[line]\npace = "S2"'), ("line.pace is 'S2'", "Use 'S1'")),
    "attribute twice": Case(line('[line]\nattributes = ["a", "a"]'), ("line.attributes[2] is 'a'", "once")),
    "start with a zone": Case(line('[line]\nstart = "2026-01-05T06:00+01:00"'), ("line.start is", "without time zone")),
    "start on no day": Case(line('[line]\nstart = "2026-02-30 06:00"'), ("line.start is '2026-02-30 06:00'",)),
    # Source and products
    "mode missing": Case(line(source=""), ("source", "mode is missing")),
    "mode unknown": Case(line(source='mode = "saturate"'), ("source.mode is 'saturate'", '"saturated"')),
    "source a text": Case(line().replace("[source]\nmode", "source"), ("source is 'saturated'", "[source]")),
    "interval without time": Case(line(source='mode = "interval"'), ("source", "time is missing")),
    "saturated with a time": Case(line(source='mode = "saturated"\ntime = "3 s"'), ("source", "'time'")),
    "buffer in front": Case(line(first="buffer = 3"), (S1, "buffer is 3", "saturated", "'interval'")),
    "transport in front": Case(line(first='transport = "3 s"'), (S1, "transport is '3 s'", "saturated")),
    "shares": Case(line(PRODUCTS.replace("0.5", "0.6")), ("A 0.6, B 0.6", "sum to 1.2", "must sum to 1")),
    "share negative": Case(line(PRODUCTS.replace("0.5", "-0.5", 1)), ("product 'A'", "share is -0.5")),
    "share missing": Case(line(PRODUCTS.replace("share = 0.5", "", 1)), ("product 'A'", "share is missing")),
    "products with one name": Case(line(PRODUCTS.replace('"B"', '"A"')), ("product 'A'", "Rename")),
    "planned time of no product": Case(second('planned_time = { C = "5 s" }', top=PRODUCTS), (S2, "'C'", "'A', 'B'")),
    "time of no product": Case(
        second(
            'process.product.C = { distribution = "constant", mean = "5 s" }',
            'process.model = \'timed\'\nprocess.time = { distribution = "constant", mean = "5 s" }\n',
            PRODUCTS,
        ),
        (S2, "process.product", "'C'"),
    ),
    "planned time 0": Case(second('planned_time = "0 s"'), (S2, "planned_time is '0 s'")),
    "planned time of B": Case(second('planned_time = { B = "5 kg" }', top=PRODUCTS), (S2, "planned_time.B is '5 kg'")),
    "setup of no product": Case(second('setup = { "A>C" = "8 min" }', top=PRODUCTS), (S2, "'A>C'", "'C'")),
    "setup half": Case(second('setup = { "A>" = "8 min" }', top=PRODUCTS), (S2, "setup", "'A>'", '"A>B"')),
    "release of nothing": Case(
        second('setup = { release = "9 min" }'), (S2, "setup.release is '9 min'", "Give default")
    ),
    "setup begins": Case(second('setup = { begins = "late" }'), (S2, "setup.begins is 'late'", "'early', 'loaded'")),
    "setup without unit": Case(second('setup = { "A>B" = 8 }', top=PRODUCTS), (S2, "setup.A>B is 8", '"8 s"')),
    # Orders
    "orders without file": Case(line(source='mode = "orders"'), ("source", "file is missing")),
    "orders missing": Case(line(source='mode = "orders"\nfile = "no.csv"'), ("source", "no.csv' does not exist")),
    "orders bad column": Case(line(source='mode = "orders"\nfile = "times.csv"'), ("source.file", "times.csv", "'S2'")),
    "order of no product": Case(
        line(source='mode = "orders"\nfile = "o_product.csv"'), ("row 3", "product is 'Z'", "'part'")
    ),
    "order of 0": Case(line(source='mode = "orders"\nfile = "o_zero.csv"'), ("row 2", "quantity is '0'", "40")),
    "order of 1.5": Case(line(source='mode = "orders"\nfile = "o_half.csv"'), ("row 2", "quantity is '1.5'")),
    "order in the past": Case(
        line(source='mode = "orders"\nfile = "o_past.csv"'), ("row 2", "release is '2025-12-01'", "start")
    ),
    "order some day": Case(line(source='mode = "orders"\nfile = "o_word.csv"'), ("row 2", "release is 'soon'", "2 h")),
    "order due early": Case(line(source='mode = "orders"\nfile = "o_due.csv"'), ("row 2", "due is '1 h'")),
    "order twice": Case(line(source='mode = "orders"\nfile = "o_twice.csv"'), ("row 3", "'1'", "row 2")),
    "order short": Case(line(source='mode = "orders"\nfile = "o_short.csv"'), ("row 2", "2 cells")),
    "no orders": Case(line(source='mode = "orders"\nfile = "o_none.csv"'), ("o_none.csv", "0 parts")),
    # Shifts and tariff
    "days": Case(shift('days = "mo-fr"\nfrom = "06:00"\nto = "14:00"'), ("shift 1", "days is 'mo-fr'", '"mon-fri"')),
    "time of day": Case(shift('days = "mon"\nfrom = "25:00"\nto = "14:00"'), ("shift 1", "from is '25:00'", '"06:00"')),
    "break inverted": Case(
        shift('days = "mon"\nfrom = "06:00"\nto = "14:00"\nbreaks = ["10:00-09:00"]'),
        ("shift 1", "breaks[1] is '10:00-09:00'"),
    ),
    "break outside": Case(
        shift('days = "mon"\nfrom = "06:00"\nto = "14:00"\nbreaks = ["13:30-14:30"]'),
        ("shift 1", "'13:30-14:30'", "inside"),
    ),
    "breaks overlap": Case(
        shift('days = "mon"\nfrom = "22:00"\nto = "06:00"\nbreaks = ["23:30-00:30", "00:15-01:00"]'),
        ("shift 1", "breaks[2] is '00:15-01:00'", "overlap"),
    ),
    "only break": Case(
        shift('days = "mon"\nfrom = "06:00"\nto = "14:00"\nbreaks = ["06:00-14:00"]'), ("breaks", "no time")
    ),
    "shifts overlap": Case(
        shift('days = "sun"\nfrom = "22:00"\nto = "06:00"\n[[shift]]\ndays = "mon"\nfrom = "05:00"\nto = "14:00"'),
        ("shift 2", "from is '05:00'", "overlap"),
    ),
    "price without currency": Case(tariff('energy = "0.21 kWh"'), ("tariff.energy is '0.21 kWh'", "EUR/kWh")),
    "price in another currency": Case(
        tariff('currency = "USD"\nenergy = [{ from = "06:00", price = "0.2 EUR/kWh" }]'),
        ("energy[1].price is '0.2 EUR/kWh'", "USD"),
    ),
    "price per kilogram": Case(tariff('gas.price = "0.2 EUR/kg"'), ("tariff.gas.price is '0.2 EUR/kg'", "a mass")),
    "prices from one time": Case(
        tariff('energy = [{ price = "0.2 EUR/kWh" }, { from = "00:00", price = "0.1 EUR/kWh" }]'),
        ("energy[2].from is '00:00'",),
    ),
    "demand per day": Case(
        tariff('demand = { price = "9 EUR/kW", per = "day" }'), ("tariff.demand.per is 'day'", "'year'")
    ),
    "co2 per mass": Case(tariff('co2 = "0.4 kg"'), ("tariff.co2 is '0.4 kg'", "CO2")),
    "co2 as a price": Case(
        tariff('co2 = [{ intensity = "0.4 EUR/kWh" }]'), ("tariff.co2[1].intensity is '0.4 EUR/kWh'", "CO2")
    ),
    "co2 by the hour without a value": Case(
        tariff('co2 = [{ from = "06:00" }]'), ("tariff.co2[1]", "intensity is missing", "0.38 kg/kWh")
    ),
    "co2 under the key of a price": Case(
        tariff('co2 = [{ price = "0.4 kg/kWh" }]'), ("tariff.co2[1]", "unknown key 'price'", "intensity")
    ),
    "co2 from one time": Case(
        tariff('co2 = [{ intensity = "0.4 kg/kWh" }, { from = "00:00", intensity = "0.3 kg/kWh" }]'),
        ("tariff.co2[2].from is '00:00'", "intensities begin at different times of day"),
    ),
    "co2 at no time": Case(
        tariff('co2 = [{ from = "24:00", intensity = "0.4 kg/kWh" }]'), ("tariff.co2[1].from is '24:00'", "23:59")
    ),
    "co2 negative": Case(tariff('co2 = "-0.4 kg/kWh"'), ("tariff.co2 is '-0.4 kg/kWh'", "zero or more")),
    "co2 as a truth": Case(tariff("co2 = true"), ("tariff.co2 is true",)),
    "co2 as a date": Case(tariff("co2 = 2026-01-05"), ("tariff.co2 is 2026-01-05", "intensity = ")),
    "currency": Case(tariff('currency = "euro"'), ("tariff.currency is 'euro'",)),
}

HEAD = "order,product,quantity,release,due\n"
FILES = {
    "times.csv": "S2,blank,word,less\n3,1,x,1\n4,,2,-1\n",
    "b.csv": b"a\n\xff\xfe\x00\n",
    "q.csv": 'a,b\n"3,4\n',
    "o_product.csv": HEAD + "1,part,4,0,\n2,Z,4,0,\n",
    "o_zero.csv": HEAD + "1,part,0,0,\n",
    "o_half.csv": HEAD + "1,part,1.5,0,\n",
    "o_past.csv": HEAD + "1,part,1,2025-12-01,\n",
    "o_word.csv": HEAD + "1,part,1,soon,\n",
    "o_due.csv": HEAD + "1,part,1,2 h,1 h\n",
    "o_twice.csv": HEAD + "1,part,1,,\n1,part,1,,\n",
    "o_short.csv": HEAD + "1,part\n",
    "o_none.csv": HEAD,
}


def checked(message: str, fragments: tuple[str, ...]) -> None:
    """Fails unless the message is one line with all fragments and a remedy."""
    assert message.isprintable()
    assert REMEDY.search(message), message
    for fragment in fragments:
        assert fragment in message, message
    assert len(message) < 700, message
