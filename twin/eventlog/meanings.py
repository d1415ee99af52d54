"""What the states of a machine mean: running, stopped, ready, planned, or not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.errors import shown
from twin.eventlog.words import Words

__all__ = ["BY_HAND", "DOWN", "MEANINGS", "PLANNED", "READY", "RUN", "STATES", "STOP", "UNKNOWN", "meanings_of"]

MEANINGS = ("unknown", "run", "stop", "down", "ready", "planned")
"""What a state may mean. `run`: the machine works on a part. `stop`: it stands; a failure if it interrupts a run.
`down`: a failure wherever it begins. `ready`: it stands, and nothing is wrong. `planned`: maintenance, breaks, closed
hours. `unknown`: nobody looked, so what runs into it is cut off."""
UNKNOWN, RUN, STOP, DOWN, READY, PLANNED = range(len(MEANINGS))

_MTCONNECT = {
    "active": "run", "ready": "ready", "wait": "ready", "interrupted": "stop", "feed hold": "stop", "stopped": "stop",
    "optional stop": "ready", "program stopped": "ready", "program optional stop": "ready",
    "program completed": "ready", "unavailable": "unknown",
}  # fmt: skip
_PACKML = {
    "execute": "run", "unholding": "run", "unsuspending": "run", "idle": "ready", "starting": "ready",
    "resetting": "ready", "completing": "ready", "complete": "ready", "suspending": "ready", "suspended": "ready",
    "stopping": "stop", "holding": "stop", "held": "stop", "aborting": "down", "aborted": "down", "clearing": "down",
    "undefined": "unknown",
}  # fmt: skip
_OWN = {
    "processing": "run", "setup": "ready", "release": "ready", "starved": "ready", "blocked": "ready", "down": "down",
    "maintenance": "planned", "planned stop": "planned", "standby": "ready", "warmup": "ready", "off": "planned",
}  # fmt: skip
_PLAIN = {
    "run": "run", "running": "run", "producing": "run", "production": "run", "working": "run", "busy": "run",
    "stop": "stop", "stoppage": "stop", "fault": "down", "failure": "down", "failed": "down", "error": "down",
    "alarm": "down", "breakdown": "down", "repair": "down", "emergency stop": "down", "waiting": "ready",
    "set up": "ready", "break": "planned", "pause": "planned", "closed": "planned", "planned": "planned",
    "unknown": "unknown", "offline": "unknown", "disconnected": "unknown", "not connected": "unknown",
}  # fmt: skip

STATES: dict[str, str] = _PLAIN | _OWN | _PACKML | _MTCONNECT
"""State, in small letters and with spaces, -> meaning: MTConnect Execution (ANSI/MTC1.4, part 2), PackML
(ISA-TR88.00.02), the states of `docs/semantics.md` and plain words. A program that stops itself (M00, M01) asks for an
operator, which is no failure."""

BY_HAND = frozenset({"manual", "manual data input", "mdi", "jog", "handle", "edit", "semi automatic", "maintenance"})
"""Modes of the controller in which a person works at the machine: neither runs nor stops of a program."""


def meanings_of(
    log: str, state: Words, mode: Words | None = None, states: Mapping[str, str] | None = None
) -> NDArray[np.int8]:
    """The meaning of each row of a log of states.

    In a mode of `BY_HAND`, runs and stops are a set-up or a trial, so they mean `ready`.

    Args:
        log: name of the log, for messages.
        state: the state of each row.
        mode: the mode of the controller, where the log has it.
        states: state, or "STATE/MODE", -> one of `MEANINGS`, for what is not as in `STATES`.

    Returns:
        The place of its meaning in `MEANINGS` [row]; a blank state is unknown.

    Raises:
        LogError: when a state is not known, when `states` names what is not there, or when no state means run.

    Example:
        >>> state = Words(np.array([0, 1, 2]), ("ACTIVE", "DWELL", "FEED_HOLD"))
        >>> meanings_of("log", state, states={"DWELL": "run"}).tolist()
        [1, 1, 2]
    """
    given = _given(log, state, mode, states or {})
    strange = [word for word in state.used().words if plain(word) not in STATES and (plain(word), "") not in given]
    if strange:
        names = ", ".join(shown(word) for word in strange[:12]) + (", ..." if len(strange) > 12 else "")
        verb, what = ("is no state", "it means") if len(strange) == 1 else ("are no states", "each means")
        remedy = f'Say what {what}, for example states={{"{strange[0]}": "stop"}}'
        rule = f"{names} {verb} with a known meaning, which is {', '.join(MEANINGS[1:])} or unknown"
        raise LogError(f"{log}: {rule}. {remedy}.")
    modes = ("",) if mode is None else ("", *mode.words)
    table = np.zeros((len(state.words) + 1, len(modes)), np.int8)  # the last row serves what is blank
    for row, word in enumerate(state.words):
        for place, name in enumerate(modes):
            table[row, place] = MEANINGS.index(_meaning(plain(word), plain(name), given))
    codes = np.zeros(len(state), np.int64) if mode is None else mode.codes.astype(np.int64) + 1
    found = table[state.codes, codes]
    if not (found == RUN).any():
        there = ", ".join(shown(word) for word in state.used().words[:12])
        rule = f"no state means that the machine runs; the states are {there}"
        raise LogError(f'{log}: {rule}. Name one with states={{"...": "run"}}.')
    return found


def plain(word: str) -> str:
    """A word in small letters, divided by spaces.

    Example:
        >>> plain("FEED_HOLD"), plain("PlannedStop"), plain(" Feed-hold ")
        ('feed hold', 'planned stop', 'feed hold')
    """
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word)
    return re.sub(r"[^a-z0-9]+", " ", word.lower()).strip()


def _meaning(state: str, mode: str, given: Mapping[tuple[str, str], str]) -> str:
    if (state, mode) in given:
        return given[state, mode]
    if (state, "") in given:
        return given[state, ""]
    known = STATES.get(state, "unknown")
    return "ready" if known in ("run", "stop") and mode in BY_HAND else known


def _given(log: str, state: Words, mode: Words | None, states: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """What a person says of states, checked."""
    found = {}
    there = {plain(word) for word in state.words}
    modes = {plain(word) for word in mode.words} if mode is not None else set()
    for word, meaning in states.items():
        name, sign, own = word.partition("/")
        if meaning not in MEANINGS:
            rule = f"states= says that {shown(word)} means {shown(meaning)}; a state means {', '.join(MEANINGS)}"
            near = get_close_matches(str(meaning), MEANINGS, 1)
            raise LogError(f"{log}: {rule}. Use {shown(near[0]) if near else 'one of these'}.")
        if plain(name) not in there or (sign and plain(own) not in modes):
            names = ", ".join(shown(one) for one in state.used().words[:12])
            raise LogError(
                f"{log}: states= names {shown(word)}, which is not in the log; it has {names}. Use one of these."
            )
        found[plain(name), plain(own)] = meaning
    return found
