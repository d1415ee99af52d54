"""Washing: dirt comes off in a hot bath, water dries off in hot air."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jax import Array, grad, lax
from jax.scipy import special

from twin.physics.cure import exposure_rate
from twin.physics.smooth import larger
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, family, number

__all__ = ["LATENT", "Washing", "saturation_pressure", "vapour_density"]

LATENT = 2.259e6
"""Latent heat of water [J/kg]: 0.63 kWh per litre carried into the dryer."""
TEN = 2.302585092994046
"""Natural logarithm of ten."""
WATER = 4186.0
"""Specific heat of water [J/(kg K)]."""
VAPOUR = 461.5
"""Gas constant of water vapour [J/(kg K)]."""
AIR = 1.06 * 1007.0
"""Heat capacity of a cubic metre of air at 60 degC [J/(m3 K)]."""
REFERENCE = 333.15
"""Temperature at which the removal rate is counted [K]."""
STEPS = 16
"""Steps in the dryer: within 0.3 K and 0.1 g of water in the whole machine box (tests/test_physics_washing.py)."""

SOFT = 2e3
"""Heat [J] within which a heater that is not needed turns itself off."""

TABLE_C = "assumption (housing, table C)"
TABLE_E = "assumption (housing, table E)"


def saturation_pressure(temperature: Array | float) -> Array:
    """Vapour pressure over water [Pa]: 133.322 * 10^(8.07131 - 1730.63 / (233.426 + t)), t in degC.

    Args:
        temperature: of the water [K], 274 to 373 K, where it is within 0.5 % of steam tables.

    Source: Antoine equation, constants for 1 to 100 degC as in piping-designer.com, Antoine constant.

    Example:
        >>> float(saturation_pressure(333.15))
        19870.
    """
    celsius = jnp.asarray(temperature) - 273.15
    return 133.322 * jnp.exp(TEN * (8.07131 - 1730.63 / (233.426 + celsius)))


def vapour_density(temperature: Array | float) -> Array:
    """Mass of vapour in saturated air [kg/m3]: p_saturation / (R_vapour T), ideal gas; within 1 % of steam tables.

    Args:
        temperature: [K], 274 to 373 K.

    Example:
        >>> float(vapour_density(313.15))
        0.0509
    """
    return saturation_pressure(temperature) / (VAPOUR * jnp.asarray(temperature))


class Dried(NamedTuple):
    """A part on leaving the dryer: its temperature [K], and ln of the share of the water that is still on it."""

    temperature: Array
    logarithm: Array


@family
class Washing(Process):
    """A tunnel in which parts are washed, blown off and dried on a conveyor.

    Dirt: left = dirt exp(-rate time in the bath), rate by the Arrhenius law. Part in bath: exponential approach.
    Dryer: C dT/dt = area h (T_air - T) - latent rate of evaporation; rate = wet area (h / rho c_p) (saturated vapour at
    T - vapour in the air) (Lewis relation, Lewis number 1). The wet area falls with the water that is left. Scheme:
    Strang splitting, water exactly, temperature linearly implicit, steps that grow with time.
    Bath heat = losses (T_bath - T_hall) + part + fresh water for what is carried over; dryer heat = exhaust
    (T_air - T_hall) + part + latent heat of the water evaporated; neither heater cools.

    Left out: heat of the pumps in the bath, dirt that builds up in the bath, water in blind holes, heat of the water
    itself in the dryer (a tenth of the part's), warm-up and set-back.
    """

    model: ClassVar[str] = "washing"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "bath": Knob(333.15, "degC", (313.15, 348.15), (328.15, 338.15), "bath temperature", TABLE_E),
        "dryer": Knob(358.15, "degC", (323.15, 393.15), (348.15, 373.15), "air in the dryer", TABLE_E),
        "pitch": Knob(
            42.0,
            "s",
            (20.0, 90.0),
            (36.0, 60.0),
            "time from one place to the next",
            "assumption (table B); windows too",
        ),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {
        "dirt": Attribute(500e-6, "mg", 0.0, 0.01, "dirt on the part: chips, emulsion, dust"),
        "temperature": Attribute(293.15, "degC", 263.15, 373.15, "part on entering"),
    }
    makes: ClassVar[Mapping[str, Attribute]] = {
        "dirt": Attribute(500e-6, "mg", 0.0, 0.01, "dirt on the part"),
        "water": Attribute(0.0, "g", 0.0, 0.1, "water on the part"),
        "temperature": Attribute(293.15, "degC", 263.15, 393.15, "part on leaving"),
    }
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ()
    causes: ClassVar[tuple[str, ...]] = ("wet",)

    washed: float = number(6.0, "1", 1.0, 100.0, meaning="places in the bath", source="assumption: 6 of 10, table B")
    dried: float = number(4.0, "1", 1.0, 100.0, meaning="places in the dryer", source="assumption: 4 of 10, table B")
    removal: float = number(
        0.0183, "1/s", 1e-4, 1.0, meaning="rate of removal at 60 degC", source="assumption: 1 % is left after 252 s"
    )
    activation: float = number(4e4, "J/mol", 0.0, 2e5, meaning="its activation energy", source="assumption")
    heat: float = number(945.0, "J/K", 10.0, 1e5, meaning="heat capacity of the part", source="1.05 kg x 900 J/(kg K)")
    area: float = number(0.17, "m^2", 0.005, 5.0, meaning="area of the part", source="assumption (housing)")
    wetting: float = number(500.0, "W/m^2/K", 10.0, 5000.0, meaning="film coefficient, bath", source="assumption")
    blowing: float = number(60.0, "W/m^2/K", 5.0, 500.0, meaning="film coefficient, dryer", source="assumption")
    carried: float = number(0.02, "g", 1e-4, 0.1, meaning="water left by the blow-off", source="assumption")
    moisture: float = number(0.02, "kg/m^3", 0.0, 0.035, meaning="vapour in the dryer air", source="assumption")
    walls: float = number(275.0, "W/K", 0.0, 1e4, meaning="heat loss of the bath", source="12 kW at 60 degC, table C")
    exhaust: float = number(60.0, "W/K", 0.0, 1e4, meaning="heat loss of the dryer", source="9 kW, table C")
    pumps: float = number(9000.0, "W", 0.0, 1e6, meaning="power of the pumps", source=TABLE_C)
    blower: float = number(4000.0, "W", 0.0, 1e6, meaning="power of the blow-off", source="assumption: part of 9 kW")
    limit: float = number(0.0005, "g", 1e-6, 0.05, meaning="water that counts as wet", source="assumption")
    spread: float = number(0.3, "1", 0.01, 2.0, meaning="deviation of its logarithm", source="assumption")

    def dry(self, start: Array, air: Array, time: Array, steps: int = STEPS) -> Dried:
        """Dry a part that enters at `start` [K], for a time [s] in air [K]."""
        transfer = self.area * self.blowing / AIR
        evaporation = lambda part: transfer * (vapour_density(part) - self.moisture)  # noqa: E731
        steepness = grad(lambda part: transfer * vapour_density(part))

        def onward(state: tuple[Dried, Array], step: Array) -> tuple[tuple[Dried, Array], None]:
            (part, logarithm), rate = state
            logarithm = logarithm - step / 2.0 * rate / self.carried
            wet = LATENT * jnp.exp(logarithm)
            loss = self.area * self.blowing + wet * steepness(part)
            rise = (self.area * self.blowing * (air - part) - wet * rate) / (self.heat / step + loss / 2.0)
            rate = evaporation(part + rise)
            return (Dried(part + rise, logarithm - step / 2.0 * rate / self.carried), rate), None

        edges = (jnp.arange(steps + 1) / steps) ** 2
        first = (Dried(start, jnp.zeros_like(start)), evaporation(start))
        (dried, _), _ = lax.scan(onward, first, time * jnp.diff(edges))
        return dried

    @property
    def places(self) -> float:
        """To wash and to dry, see `twin.process.Process.places`."""
        return self.washed + self.dried

    def base(self, setpoints: Named, temperature: Array) -> dict[str, Array]:
        """Power of bath, dryer, pumps and blower without parts, see `twin.process.Process.base`."""
        bath, air = setpoints["bath"] - temperature, setpoints["dryer"] - temperature
        return {"electricity": self.walls * bath + self.exhaust * air + self.pumps + self.blower}

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        pitch, bath, air = setpoints["pitch"], setpoints["bath"], setpoints["dryer"]
        soak = self.washed * pitch
        dirt = part["dirt"] * jnp.exp(-soak * self.removal * exposure_rate(bath, REFERENCE, self.activation))
        lag = jnp.exp(-soak * self.wetting * self.area / self.heat)
        wet = bath + (part["temperature"] - bath) * lag
        dried = self.dry(wet, air, self.dried * pitch)
        left = self.carried * jnp.exp(dried.logarithm)
        fresh = self.carried * WATER * (bath - around.temperature)
        latent = LATENT * (self.carried - left)
        warmed, aired = self.heat * (wet - part["temperature"]), self.heat * (dried.temperature - wet)
        heater = larger(pitch * self.walls * (bath - around.temperature) + warmed + fresh, 0.0, SOFT)
        dryer = larger(pitch * self.exhaust * (air - around.temperature) + aired + latent, 0.0, SOFT)
        taken = larger(warmed + fresh, 0.0, SOFT) + larger(aired + latent, 0.0, SOFT)
        return Outcome(
            (self.washed + self.dried) * pitch,
            {"electricity": taken},
            {"dirt": dirt, "water": left, "temperature": dried.temperature},
            {},
            {"wet": special.ndtr((dried.logarithm + jnp.log(self.carried / self.limit)) / self.spread)},
            heat={
                "bath heater": heater,
                "dryer heater": dryer,
                "walls": warmed + fresh - heater,
                "exhaust": aired + latent - dryer,
                "part": -warmed - aired,
                "water": -fresh - latent,
            },
        )
