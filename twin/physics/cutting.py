"""Laws of cutting metal: force, chip, life of a tool, roughness."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def specific_cutting_force(thickness: float | Array, unit_force: float | Array, exponent: float | Array) -> Array:
    """Specific cutting force [Pa], after Kienzle: k_c = k_c1.1 (h / 1 mm)^-m.

    Args:
        thickness: h, of the chip [m], above 0; tables hold for 0.05 to 1 mm.
        unit_force: k_c1.1, force on a chip of 1 mm x 1 mm, per area [Pa].
        exponent: m, 0.1 to 0.4.

    Example:
        >>> round(float(specific_cutting_force(0.1e-3, 700e6, 0.25)) / 1e6, 1)
        1244.8
    """
    return unit_force * (jnp.asarray(thickness) / 1e-3) ** -jnp.asarray(exponent)


def chip_thickness(feed: float | Array, *, width: float | Array, diameter: float | Array, lead: float | Array) -> Array:
    """Mean chip thickness of a centred face mill [m]: h_m = 2 f_z a_e sin(kappa) / (D omega), omega = 2 asin(a_e / D).

    Source: Seco, power sheet (with omega in degrees: 360 f_z a_e sin(kappa) / (pi D omega)).

    Args:
        feed: f_z, per tooth [m].
        width: a_e, engaged [m], above 0 and at most the diameter.
        diameter: D, of the mill [m].
        lead: kappa, angle of the cutting edge [rad].

    Example:
        >>> round(float(chip_thickness(0.1e-3, width=0.06, diameter=0.08, lead=jnp.pi / 2)) * 1e3, 4)
        0.0884
    """
    engaged = jnp.asarray(width) / diameter
    return feed * engaged * jnp.sin(lead) / jnp.arcsin(engaged)


def tool_life(
    speed: float | Array,
    *,
    known_speed: float | Array,
    known_life: float | Array,
    exponent: float | Array,
    feed_ratio: float | Array = 1.0,
    feed_power: float | Array = 0.0,
) -> Array:
    """Life of a tool in cut [s], after Taylor, extended by the feed: T = T_1 (v_1 / v)^(1/n) (f_1 / f)^q.

    With T_1 = 1 min and q = 0 it is T = (C / v)^(1/n), v_1 being Taylor's constant C.
    Source: F. W. Taylor, On the art of cutting metals, Trans. ASME 28, 1907.

    Args:
        speed: v, of cutting, above 0 [any unit of speed].
        known_speed: v_1 [the same unit].
        known_life: T_1, at that speed and feed [s].
        exponent: n; carbide 0.2 to 0.3.
        feed_ratio: f / f_1, above 0.
        feed_power: q, 0 or more.

    Example:
        >>> round(float(tool_life(200.0, known_speed=400.0, known_life=60.0, exponent=0.25)) / 60, 9)
        16.0
    """
    slower = (jnp.asarray(known_speed) / speed) ** (1 / jnp.asarray(exponent))
    return known_life * slower * jnp.asarray(feed_ratio) ** -jnp.asarray(feed_power)


def ideal_roughness(feed: float | Array, radius: float | Array) -> Array:
    """Height of the marks that a round nose leaves [m]: R_t = f^2 / (8 r), for feeds well below the radius.

    Args:
        feed: f, from mark to mark [m].
        radius: r, of the nose [m], above 0.

    Example:
        >>> float(ideal_roughness(0.2e-3, 0.8e-3)) * 1e6
        6.25
    """
    return jnp.square(feed) / (8 * jnp.asarray(radius))
