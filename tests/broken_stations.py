"""Broken line files: what is wrong with stops, setpoints, machines that differ, conveyors and pallets."""

from broken_lines import LINE_CASES, OVEN, PROCESS, PRODUCTS, S2, STOP, Case, failing, second, setpoint

STATION_CASES: dict[str, Case] = {
    # Stops
    "failure without down": Case(
        failing('up = { distribution = "constant", mean = "1 h" }'), (S2, "failure 1", "down is missing")
    ),
    "failure clock": Case(
        failing(f'clock = "wall", {STOP}'), (S2, "failure 1", "clock is 'wall'", "'operating', 'calendar'")
    ),
    "failure ages": Case(failing(f'name = "x", ages = "old", {STOP}'), (S2, "failure 'x'", "ages is 'old'")),
    "failure up": Case(failing(f'name = "x", {STOP}'.replace("8 h", "8 m")), (S2, "failure 'x'", "up.mean is '8 m'")),
    "failures with one name": Case(failing(f'name = "x", {STOP} }}, {{ name = "x", {STOP}'), (S2, "failure 2", "'x'")),
    "failure a text": Case(second('failure = "often"'), (S2, "failure is 'often'")),
    "maintenance count": Case(
        second('maintenance = { every = 120, duration = "4 min" }'), (S2, "every is 120", "'parts'")
    ),
    "maintenance parts": Case(
        second('maintenance = { clock = "parts", every = "3 h", duration = "4 min" }'), (S2, "every is '3 h'", "120")
    ),
    "maintenance always": Case(
        second('maintenance = { clock = "calendar", every = "1 h", duration = "2 h" }'),
        (S2, "duration is '2 h'", "calendar"),
    ),
    "maintenance neither": Case(
        second('maintenance = { duration = "4 min" }'),
        (
            S2,
            "every and foresees: neither",
        ),
    ),
    "maintenance both": Case(
        second('maintenance = { every = "4 h", foresees = "x", warning = "1 h", duration = "4 min" }'),
        (S2, "every and foresees: both", "Use every, or"),
    ),
    "maintenance without warning": Case(
        second('maintenance = { foresees = "x", duration = "4 min" }'), (S2, "warning is missing", '"20 h"')
    ),
    "maintenance renews nothing": Case(
        failing(f'name = "axis", {STOP}', 'maintenance = { every = "4 h", duration = "4 min", renews = ["axes"] }\n'),
        (S2, "renews names 'axes'", "Use 'axis'"),
    ),
    "maintenance renews a word": Case(
        failing(f'name = "axis", {STOP}', 'maintenance = { every = "4 h", duration = "4 min", renews = "axis" }\n'),
        (S2, "renews is 'axis'", '["spindle"]'),
    ),
    "maintenance foresees the calendar": Case(
        failing(
            f'name = "axis", clock = "calendar", {STOP}',
            'maintenance = { foresees = "axis", warning = "1 h", duration = "4 min" }\n',
        ),
        (S2, "foresees is 'axis'", "calendar", "clock = 'operating'"),
    ),
    "hastened by nothing": Case(
        failing(f'name = "axis", hastened = {{ by = "wear", doubling = 0.5 }}, {STOP}'),
        (S2, "hastened.by is 'wear'", "machining"),
    ),
    "hastened the wrong way": Case(
        failing(f'name = "axis", hastened = {{ by = "wear", doubling = -1 }}, {STOP}'),
        (S2, "hastened.doubling is -1", "more than zero"),
    ),
    "closed in a wrong state": Case(
        second('closed = { state = "blocked" }'), (S2, "closed.state is 'blocked'", "standby")
    ),
    "closed without shifts": Case(second('closed = { state = "off" }'), (S2, "closed", "without shifts", "[[shift]]")),
    "closed as a state": Case(second('closed = "off"'), (S2, "closed is 'off'")),
    "standby without wake": Case(second('standby = { after = "5 min" }'), (S2, "standby", "wake is missing")),
    "standby power as a time": Case(
        second('standby = { after = "5 min", wake = "20 s", power = "3 s" }'), (S2, "standby.power is '3 s'", "a power")
    ),
    "standby power by state": Case(
        second('standby = [{ after = "5 min", wake = "20 s", power = { starved = "3 kW" } }]'),
        (S2, "standby[1].power", "unknown key 'starved'", "electricity"),
    ),
    "standby disordered": Case(
        second('standby = [{ after = "5 min", wake = "20 s" }, { after = "2 min", wake = "60 s" }]'),
        (S2, "standby[2].after is '2 min'"),
    ),
    # Setpoints
    "setpoint a text": Case(second('setpoints.speed = "3 m/s"'), (S2, "setpoints.speed is '3 m/s'", "table")),
    "setpoints a text": Case(second('setpoints = "fast"'), (S2, "setpoints is 'fast'")),
    "setpoint outside": Case(
        setpoint('value = "500 m/min", released = ["250 m/min", "400 m/min"]'),
        (S2, "setpoints.speed.value is '500 m/min'", "released"),
    ),
    "released outside": Case(
        setpoint('value = "3 m/s", released = ["1 m/s", "9 m/s"], machine = ["2 m/s", "8 m/s"]'),
        (S2, "setpoints.speed.released is", "machine accepts"),
    ),
    "window inverted": Case(
        setpoint('value = "3 m/s", machine = ["9 m/s", "1 m/s"]'), (S2, "speed.machine is ['9 m/s', '1 m/s']")
    ),
    "window of one": Case(
        setpoint('value = "3 m/s", machine = ["9 m/s"]'), (S2, "speed.machine is ['9 m/s']", "low and")
    ),
    "window of another kind": Case(
        setpoint('value = "3 m/s", machine = ["1 s", "9 s"]'), (S2, "machine[1] is '1 s'", "'m/s'")
    ),
    "setpoint in coulomb": Case(setpoint('value = "200 C"'), (S2, "value is '200 C'", "'°C'")),
    "setpoint in decibel": Case(setpoint('value = "3 dB"'), (S2, "value is '3 dB'", "linear")),
    "setpoint named as a key": Case(second("setpoints.buffer = { value = 3 }"), (S2, "'buffer'", "Rename")),
    "rate setpoint": Case(
        second("", PROCESS.replace(" }\n", ', rate_setpoint = "sped" }\n') + 'setpoints.speed = { value = "3 m/s" }\n'),
        (S2, "process.rate_setpoint is 'sped'", "Use 'speed'"),
    ),
    "rate setpoint of 0": Case(
        second(
            "", PROCESS.replace(" }\n", ', rate_setpoint = "speed" }\n') + 'setpoints.speed = { value = "0 m/s" }\n'
        ),
        (S2, "process.rate_setpoint is 'speed'", "more than zero"),
    ),
    # Machines that differ
    "too few machines": Case(
        second("machines = 2\n[[station.machine]]"), (S2, "1 [[station.machine]]", "machines = 2")
    ),
    "machine of another family": Case(
        second('[[station.machine]]\nprocess.time.distribution = "gamma"'),
        (S2, "machine 1", "process.time.distribution is 'gamma'"),
    ),
    "machine with a buffer": Case(second("[[station.machine]]\nbuffer = 3"), (S2, "machine 1", "'buffer'")),
    "machine with a bad mean": Case(
        second('[[station.machine]]\nprocess.time.mean = "4 kg"'), (S2, "machine 1", "process.time.mean is '4 kg'")
    ),
    "machine a number": Case(
        second("machine = [3]"),
        (
            S2,
            "machine 1 is 3",
        ),
    ),
    "machine with a product": Case(
        second('[[station.machine]]\nprocess.product.A = { distribution = "constant", mean = "1 s" }', top=PRODUCTS),
        (S2, "machine 1", "differ in the numbers"),
    ),
    # Conveyors
    "pitch of machines": Case(second('pitch = "3 s"'), (S2, "pitch is '3 s'", "conveyor")),
    "oven with a random time": Case(
        second(OVEN, PROCESS.replace('"constant"', '"exponential"')),
        (S2, "process.time.distribution is 'exponential'", "together"),
    ),
    "oven with setup": Case(second(f'{OVEN}setup = {{ default = "1 s" }}'), (S2, "setup", "conveyor", "together")),
    "oven with rework": Case(second(f"{OVEN}rework = {{ share = 0.1 }}"), (S2, "rework", "conveyor")),
    "oven with maintenance": Case(
        second(f'{OVEN}maintenance = {{ every = "9 h", duration = "1 h" }}'), (S2, "maintenance", "clock = 'calendar'")
    ),
    "oven with standby": Case(
        second(f'{OVEN}standby = {{ after = "9 h", wake = "1 h" }}'), (S2, "standby", "conveyor")
    ),
    "oven that ages": Case(
        failing(f'name = "fan", {STOP}', OVEN), (S2, "failure 'fan'", "'operating'", "clock = 'calendar'")
    ),
    "oven that scraps": Case(
        failing(f'name = "fan", clock = "calendar", interrupted = "scrapped", {STOP}', OVEN),
        (S2, "interrupted is 'scrapped'", "'kept'"),
    ),
    "oven of machines": Case(second(f"{OVEN}[[station.machine]]".replace("10", "1")), (S2, "machine", "conveyor")),
    # Pallets
    "pallets and scrap": Case(second("scrap = 0.1", top="[line]\npallets = 9"), (S2, "scrap", "pallets = 9")),
    "pallets and rework": Case(
        second("rework = { share = 0.1 }", top="[line]\npallets = 9"), (S2, "rework", "pallets = 9")
    ),
    "pallets and lost parts": Case(
        failing(f'name = "x", interrupted = "scrapped", {STOP}').replace("[source]", "[line]\npallets = 9\n[source]"),
        (S2, "failure 'x'", "pallets = 9"),
    ),
}

CASES = LINE_CASES | STATION_CASES
