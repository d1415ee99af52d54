"""What things look like: colours of states and products, materials, and the scale that numbers are coloured by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["GROUND", "MATERIALS", "PRODUCTS", "SCALE", "SPOILED", "STATES", "Material", "on_scale", "rgb"]

STATES = {
    "processing": "#00a676",
    "setup": "#b06bc4",
    "release": "#d8a3e6",
    "starved": "#56b4e9",
    "blocked": "#f0a202",
    "down": "#d7263d",
    "maintenance": "#3d5a98",
    "planned_stop": "#b3bac3",
    "standby": "#7d93a8",
    "warmup": "#e8743b",
    "off": "#5c636d",
}
"""Of the states of a machine, in the order in which they are told apart most: after Okabe and Ito (2008), whose colours
the colour-blind tell apart; a word always stands beside them."""

PRODUCTS = ("#2f80c2", "#c2622f", "#4f9d4f", "#8a5fb8", "#b79a2c", "#b5527f")
"""Of finished parts, by product."""

SPOILED = ("#d7263d", "#f0a202", "#8338ec", "#00a0b0", "#e05780", "#6a994e", "#9c6644", "#3a0ca3")
"""Of parts with a defect, by its cause."""

GROUND = "#e6e9ed"
"""Of everything beyond the floor."""

SCALE = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")
"""From low to high: YlGnBu of ColorBrewer 2.0 (Harrower and Brewer 2003), told apart in grey as well."""


class Material(NamedTuple):
    """How a surface takes light: its colour, how metallic it is and how rough, both from 0 to 1."""

    colour: str
    metallic: float = 0.0
    roughness: float = 0.5


MATERIALS = {
    "shell": Material("#e9edf1", 0.05, 0.45),
    "base": Material("#3d5a80", 0.10, 0.45),
    "dark": Material("#2b3038", 0.20, 0.55),
    "steel": Material("#b4bcc6", 0.65, 0.35),
    "glass": Material("#17324a", 0.10, 0.12),
    "belt": Material("#24282e", 0.00, 0.80),
    "orange": Material("#f26419", 0.05, 0.40),
    "yellow": Material("#ffc914", 0.00, 0.60),
    "screen": Material("#7fd1ff", 0.00, 0.30),
    "glow": Material("#ff8c42", 0.00, 0.60),
    "carton": Material("#c79a63", 0.00, 0.70),
    "raw": Material("#a9b0b8", 0.40, 0.45),
    "bin": Material("#a63d40", 0.00, 0.60),
    "lamp": Material("#4b5058", 0.00, 0.50),
}


def rgb(colour: str) -> np.ndarray:
    """Red, green and blue from 0 to 1.

    Example:
        >>> rgb("#ff8000").round(2)
        array([1. , 0.5, 0. ])
    """
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def on_scale(share: np.ndarray) -> np.ndarray:
    """Colours [..., 3] of numbers from 0 to 1; what is not a number is the colour of a shell."""
    stops = np.array([rgb(colour) for colour in SCALE])
    known = np.isfinite(share)
    at = np.clip(np.where(known, share, 0.0), 0, 1)
    places = np.linspace(0, 1, len(stops))
    colours = np.stack([np.interp(at, places, stops[:, k]) for k in range(3)], axis=-1)
    return np.where(known[..., None], colours, rgb(MATERIALS["shell"].colour))
