"""Injection moulding of a plate-like part, whose cycle is cooling for the most part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
from jax import Array
from jax.scipy import special

from twin.physics.smooth import larger
from twin.physics.spread import lognormal
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, family, number

DRIVES = "Socks, Vermont Energy Investment Corp.: hydraulic 2.2e6 J/kg (0.61 kWh/kg), electric 5.8e5 (0.16)"


def cooling_time(
    thickness: float | Array,
    diffusivity: float | Array,
    *,
    melt: float | Array,
    mould: float | Array,
    ejection: float | Array,
    centre: bool = False,
) -> Array:
    """Time for a plate between two walls of constant temperature to cool [s].

    Formula: t = s^2 / (pi^2 a) ln(kappa (T_m - T_w) / (T_e - T_w)), with kappa = 8 / pi^2 for the mean temperature and
    4 / pi for that of the centre; 0 where that is negative. It is the first term of the exact series (Carslaw and
    Jaeger, Conduction of heat in solids, 1959); it meets that to 1e-4 where T_e - T_w is at most a third of T_m - T_w
    and the mean to 1 % of T_e - T_w up to 0.6 of it. No latent heat, perfect contact.

    Args:
        thickness: s, of the plate [m].
        diffusivity: a, of the polymer [m^2/s], about 1e-7.
        melt: T_m, at the start [K].
        mould: T_w, of the walls [K], below `ejection`.
        ejection: T_e, at the end [K], below `melt`.
        centre: whether the end is that of the centre instead of the mean.

    Example:
        >>> round(float(cooling_time(2e-3, 9e-8, melt=230, mould=40, ejection=90, centre=True)), 3)
        7.1
    """
    kappa = 4 / jnp.pi if centre else 8 / jnp.pi**2
    ratio = kappa * (jnp.asarray(melt) - mould) / (jnp.asarray(ejection) - mould)
    return jnp.square(thickness) / (jnp.pi**2 * jnp.asarray(diffusivity)) * jnp.log(jnp.maximum(ratio, 1.0))


def thermal_bow(
    expansion: float | Array, difference: float | Array, *, length: float | Array, thickness: float | Array
) -> Array:
    """Height of the arc of a free plate with a straight temperature profile [m]: alpha dT L^2 / (8 s).

    Its curvature is alpha dT / s (Timoshenko and Goodier, Theory of elasticity, thermal stress of plates).

    Args:
        expansion: alpha [1/K].
        difference: dT, between its faces [K].
        length: L [m], far below the radius of the arc.
        thickness: s [m].

    Example:
        >>> round(float(thermal_bow(8e-5, 2.0, length=0.1, thickness=2.5e-3)) * 1e6, 6)
        80.0
    """
    return expansion * jnp.asarray(difference) * jnp.square(length) / (8 * jnp.asarray(thickness))


@family
class Moulding(Process):
    """One shot of an injection moulding machine.

    | what | formula | source |
    |---|---|---|
    | time | closing + injection + larger(cooling, metering) + opening; cooling to a mean of T_e | `cooling_time` |
    | metering | mass / rate, while the part cools; the larger of both is rounded off by 0.1 s | assumption |
    | energy | base power * time + mass (specific energy + c (T_m - usual melt)) | Socks; enthalpy |
    | warpage | alpha u (T_e - T_w) L^2 / (8 s) * lognormal(mean 1, cv) | `thermal_bow`; u assumption |
    | short shot | normal tail of the contact temperature (T_m + T_w) / 2 below the one that fills | assumption |
    | warped | normal tail of warpage beyond its tolerance | assumption |

    The mould halves differ by a share u of T_e - T_w across the part. Ejection temperature is chosen, cooling follows.
    Left out: latent heat of partly crystalline polymers, pressure and shrinkage, burning, a mould that warms up.
    """

    model: ClassVar[str] = "moulding"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "melt_temperature": Knob(503.15, "degC", (473.15, 543.15), (493.15, 518.15), "of the melt", "assumption"),
        "mould_temperature": Knob(323.15, "degC", (293.15, 353.15), (313.15, 333.15), "of its walls", "assumption"),
        "ejection_temperature": Knob(
            363.15, "degC", (358.15, 393.15), (358.15, 373.15), "mean of the part when the mould opens", "assumption"
        ),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {}
    makes: ClassVar[Mapping[str, Attribute]] = {
        "temperature": Attribute(295.0, "degC", 253.0, 900.0, "of the part"),
        "warpage": Attribute(1e-4, "mm", 0.0, 5e-3, "height of its arc"),
    }
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ("warpage",)
    causes: ClassVar[tuple[str, ...]] = ("short shot", "warped")

    thickness: float = number(2.5e-3, "m", 2e-4, 0.03, meaning="of the wall", source="assumption")
    length: float = number(0.1, "m", 1e-3, 3.0, meaning="of the part", source="assumption")
    mass: float = number(0.05, "kg", 1e-4, 50.0, meaning="of a shot", source="assumption")
    diffusivity: float = number(9e-8, "m^2/s", 3e-8, 5e-7, meaning="thermal, of the polymer", source="assumption")
    heat_capacity: float = number(2300.0, "J/kg/K", 500.0, 5000.0, meaning="of the melt", source="assumption")
    expansion: float = number(8e-5, "1/K", 1e-6, 3e-4, meaning="of the solid polymer", source="assumption")
    closing: float = number(1.5, "s", 0.0, 60.0, meaning="closing and locking the mould", source="assumption")
    injection: float = number(1.0, "s", 0.01, 60.0, meaning="filling", source="assumption")
    opening: float = number(3.0, "s", 0.0, 60.0, meaning="opening and taking out", source="assumption")
    rate: float = number(0.012, "kg/s", 1e-5, 5.0, meaning="of metering", source="assumption")
    specific: float = number(5.8e5, "J/kg", 1e5, 5e6, meaning="energy of an electric machine", source=DRIVES)
    usual_melt: float = number(503.15, "K", 400.0, 700.0, meaning="melt where that holds", source="assumption")
    base_power: float = number(1500.0, "W", 0.0, 1e5, meaning="mould tempering and dryer", source="assumption")
    unevenness: float = number(0.05, "1", 0.0, 1.0, meaning="u: across the part at ejection", source="assumption")
    cv: float = number(0.15, "1", 1e-3, 2.0, meaning="coefficient of variation of warpage", source="assumption")
    tolerance: float = number(1.8e-4, "m", 1e-6, 0.05, meaning="warpage allowed", source="assumption")
    remaining: float = number(2e-5, "m", 1e-7, 0.01, meaning="scatter of warpage elsewhere", source="assumption")
    filling: float = number(
        395.15, "K", 250.0, 700.0, meaning="contact temperature that just fills", source="assumption"
    )
    filling_scatter: float = number(4.0, "K", 0.1, 100.0, meaning="its scatter", source="assumption")

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        melt, mould = setpoints["melt_temperature"], setpoints["mould_temperature"]
        ejection = setpoints["ejection_temperature"]
        cooling = cooling_time(self.thickness, self.diffusivity, melt=melt, mould=mould, ejection=ejection)
        time = self.closing + self.injection + larger(cooling, self.mass / self.rate, 0.1) + self.opening
        difference = self.unevenness * (ejection - mould)
        bow = thermal_bow(self.expansion, difference, length=self.length, thickness=self.thickness)
        warpage = bow * lognormal(self.cv, draw["warpage"])
        energy = self.mass * (self.specific + self.heat_capacity * (melt - self.usual_melt))
        return Outcome(
            time,
            {"electricity": self.base_power * time + energy},
            {"temperature": ejection, "warpage": warpage},
            {},
            {
                "short shot": special.ndtr((self.filling - (melt + mould) / 2) / self.filling_scatter),
                "warped": special.ndtr((warpage - self.tolerance) / self.remaining),
            },
        )
