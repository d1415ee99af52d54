"""What an oven does without parts: heating up, holding a lower temperature (set-back), cooling off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from twin.process import Named

if TYPE_CHECKING:
    from twin.physics.oven import Oven

__all__ = ["Lump", "Rest", "closed_hours", "holding", "lump_of", "purge_time", "set_back", "shut_down", "warm_up_time"]


class Lump(NamedTuple):
    """A body of one temperature: C dT/dt = heat - loss (T - hall).

    Attributes:
        capacity: C, heat capacity [J/K].
        loss: conductance to the hall [W/K], above 0.
        hall: its temperature [K].
    """

    capacity: ArrayLike
    loss: ArrayLike
    hall: ArrayLike

    def after(self, begin: ArrayLike, heat: ArrayLike, time: ArrayLike) -> Array:
        """Temperature after some time under constant heat [K]: T∞ + (T - T∞) exp(-t loss / C), T∞ = hall + heat / loss.

        Example:
            >>> float(Lump(1e6, 200.0, 293.15).after(493.15, 0.0, 5000.0))  # one time constant
            366.73
        """
        end = jnp.asarray(self.hall) + heat / jnp.asarray(self.loss)
        return end + (begin - end) * jnp.exp(-jnp.asarray(time) * self.loss / self.capacity)

    def time(self, begin: ArrayLike, end: ArrayLike, heat: ArrayLike) -> Array:
        """Time from one temperature to another under constant heat [s]; infinite if that never comes about, at least 0.

        Example:
            >>> round(float(Lump(1e6, 200.0, 293.15).time(293.15, 493.15, 80e3)))  # half way to the final 400 K
            3466
        """
        final = jnp.asarray(self.hall) + heat / jnp.asarray(self.loss)
        before, behind = final - begin, final - end
        reached = (behind * before > 0) & (jnp.abs(behind) < jnp.abs(before))
        ratio = jnp.where(reached, before / jnp.where(reached, behind, 1.0), 1.0)
        there = jnp.asarray(begin) == end
        return jnp.where(reached | there, jnp.log(ratio) * self.capacity / self.loss, jnp.inf)


class Rest(NamedTuple):
    """A stop of an oven, from its last part until it works again.

    Attributes:
        temperature: at the end of the stop, before it wakes [K].
        wake: time that it then needs until it works again [s].
        gas, electricity: used by then [J].
    """

    temperature: Array
    wake: Array
    gas: Array
    electricity: Array


def lump_of(oven: Oven, setpoints: Named, hall: ArrayLike) -> Lump:
    """The oven while its exhaust runs; of its setpoints the exhaust counts."""
    return Lump(oven.steel, oven.conductance(setpoints), hall)


def holding(oven: Oven, setpoints: Named, temperature: ArrayLike, hall: ArrayLike) -> dict[str, Array]:
    """Power that holds an empty oven at a set-back temperature, its fans turned low [W], by carrier.

    gas = (loss (T - hall) - heat of the fans) / efficiency, zero where the fans do it.

    Args:
        oven: with its numbers.
        setpoints: all of its setpoints, SI; the exhaust counts.
        temperature: held [K].
        hall: temperature of the hall [K].
    """
    warm = oven.conductance(setpoints) * (jnp.asarray(temperature) - hall) - oven.stirring * oven.fans_low
    return {"electricity": jnp.asarray(oven.fans_low, float), "gas": jnp.maximum(warm, 0.0) / oven.efficiency}


def purge_time(oven: Oven, setpoints: Named, hall: ArrayLike) -> Array:
    """Time for changing the air before a burner is lit [s]: changes x chamber / exhaust, as warm as the hall."""
    return oven.purges * oven.chamber / (setpoints["exhaust"] * jnp.asarray(hall) / 273.15)


def warm_up_time(
    oven: Oven, setpoints: Named, begin: ArrayLike, *, hall: ArrayLike = 293.15, lit: bool = False
) -> Array:
    """Time to working temperature with the burner at full power and the fans on [s]; infinite if it is too weak.

    Args:
        oven: with its numbers.
        setpoints: all of its setpoints, SI.
        begin: mean temperature of the oven [K].
        hall: temperature of the hall [K].
        lit: whether the burner is on already, so that nothing has to be purged (as in a set-back).

    Example:
        >>> from twin.physics import Oven
        >>> from twin.process import knobs
        >>> work = {name: jnp.asarray(value) for name, value in knobs(Oven()).items()}
        >>> cold, set_back = warm_up_time(Oven(), work, 293.15), warm_up_time(Oven(), work, 393.15, lit=True)
        >>> print(f"{cold / 60:.0f} min, {set_back / 60:.0f} min")
        39 min, 15 min
    """
    heating = lump_of(oven, setpoints, hall).time(begin, oven.working(setpoints), _full(oven))
    return heating + (0.0 if lit else purge_time(oven, setpoints, hall))


def set_back(
    oven: Oven, setpoints: Named, duration: ArrayLike, *, held: ArrayLike = 393.15, hall: ArrayLike = 293.15
) -> Rest:
    """A stop in which the oven is let down to a lower temperature and held there, with its exhaust on.

    Args:
        oven: with its numbers.
        setpoints: all of its setpoints, SI.
        duration: of the stop, zero or more [s].
        held: temperature [K], below that of work.
        hall: temperature of the hall [K].

    Returns:
        What it does until it works again; a stop that is too short for the temperature to be reached ends above it.
    """
    lump, low = lump_of(oven, setpoints, hall), oven.stirring * oven.fans_low
    work = oven.working(setpoints)
    falls = lump.time(work, held, low)
    end = jnp.maximum(lump.after(work, low, duration), held)
    power = holding(oven, setpoints, held, hall)
    wake = warm_up_time(oven, setpoints, end, hall=hall, lit=True)
    gas = power["gas"] * jnp.maximum(jnp.asarray(duration) - falls, 0.0) + oven.burner * wake
    return Rest(end, wake, gas, oven.fans_low * jnp.asarray(duration) + oven.fans * wake)


def closed_hours(
    oven: Oven, setpoints: Named, duration: ArrayLike, hall: ArrayLike
) -> list[tuple[Array, dict[str, Array]]]:
    """A set-back that ends in time, so that the oven works again when the stop ends: it falls, is held, heats up.

    In a stop too short for the temperature to be reached it heats up from where the two exponentials meet; in one
    shorter than `oven.set_back_after`, or where the burner cannot heat it up again, nothing happens.

    Args:
        oven: with its numbers.
        setpoints: all of its setpoints, SI.
        duration: of the stop [s].
        hall: temperature of the hall [K].

    Returns:
        Length [s] and power by carrier [W] of the three stretches, one after the other; they add up to the duration,
        or to 0.
    """
    lump, low, full = lump_of(oven, setpoints, hall), oven.stirring * oven.fans_low, _full(oven)
    work, duration = oven.working(setpoints), jnp.asarray(duration, float)
    held = jnp.minimum(oven.set_back, work)
    cool, hot = (jnp.asarray(hall) + heat / jnp.asarray(lump.loss) for heat in (low, full))
    falls, wake = lump.time(work, held, low), lump.time(held, work, full)
    able = hot > work
    meets = hot - work + (work - cool) * jnp.exp(-duration * lump.loss / lump.capacity)
    sooner = jnp.log((hot - cool) / jnp.where(able, meets, hot - cool)) * lump.capacity / lump.loss
    reached = falls + wake <= duration
    wake = jnp.where(reached, wake, sooner)
    falls = jnp.where(reached, falls, duration - sooner)
    sets = able & (duration >= oven.set_back_after)
    fans = {"electricity": jnp.asarray(oven.fans_low, float), "gas": jnp.zeros_like(work)}
    heating = {"electricity": jnp.asarray(oven.fans, float), "gas": jnp.asarray(oven.burner, float)}
    stretches = [
        (falls, fans),
        (jnp.where(reached, duration - falls - wake, 0.0), holding(oven, setpoints, held, hall)),
        (wake, heating),
    ]
    return [(jnp.where(sets, length, 0.0), power) for length, power in stretches]


def shut_down(oven: Oven, setpoints: Named, duration: ArrayLike, *, hall: ArrayLike = 293.15) -> Rest:
    """A stop with everything off and the exhaust shut: only the panels lose heat. Arguments as of `set_back`."""
    end = Lump(oven.steel, oven.panels, hall).after(oven.working(setpoints), 0.0, duration)
    wake = warm_up_time(oven, setpoints, end, hall=hall)
    return Rest(end, wake, oven.burner * (wake - purge_time(oven, setpoints, hall)), oven.fans * wake)


def _full(oven: Oven) -> Any:
    """Heat into the oven with the burner at full power and the fans on [W]."""
    return oven.efficiency * oven.burner + oven.stirring * oven.fans
