"""The picture of the floor: concrete with joints, and the shadows of what stands on it.

Machines do not move, so their shadows are painted once: that costs nothing per frame and is the same in every renderer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from viz.colours import GROUND, rgb
from viz.mesh import Mesh, merged

__all__ = ["LIGHT", "floor_picture"]

LIGHT = (-12.0, -4.5, 15.0)
"""Direction towards the main light."""

_LARGEST = 2600
_FADE = 3.0
_JOINTS = 3.0


def floor_picture(
    meshes: Sequence[Mesh], extent: tuple[float, float, float, float], pixels: float = 60.0
) -> np.ndarray:
    """The floor from above [row, column, 3], bytes; north (large y) is up.

    Args:
        meshes: what stands on it.
        extent: lowest and highest x and y [m].
        pixels: per metre, fewer where the floor is too large for that.
    """
    x0, x1, y0, y1 = extent
    pixels = min(pixels, _LARGEST / max(x1 - x0, y1 - y0))
    width, height = int((x1 - x0) * pixels), int((y1 - y0) * pixels)
    x = x0 + (np.arange(width) + 0.5) / pixels
    y = y1 - (np.arange(height) + 0.5) / pixels
    concrete = _concrete(x, y, pixels)
    solid = merged(meshes)
    cast = solid.points[:, :2] - solid.points[:, 2:] * np.array(LIGHT[:2]) / LIGHT[2]
    level = solid.points[solid.faces][:, :, 2].mean(axis=1)
    layers = [
        (0.50, 0.045, cast, np.ones(len(level), bool)),
        (0.22, 0.28, solid.points[:, :2], level < 1.3),
        (0.28, 0.08, solid.points[:, :2], level < 0.25),
    ]
    dark = np.zeros((height, width), np.float32)
    for weight, soft, points, some in layers:
        flat = np.stack([(points[:, 0] - x0) * pixels, (y1 - points[:, 1]) * pixels], axis=1)
        dark += np.float32(weight) * _blurred(_painted(flat, solid.faces[some], width, height), soft * pixels)
    shade = 1 - np.clip(dark, 0, 0.8)[..., None] * (1 - 0.25 * rgb("#3b5bdb")).astype(np.float32)
    picture = concrete * shade
    edge = np.minimum(np.minimum(x - x0, x1 - x)[None, :], np.minimum(y - y0, y1 - y)[:, None]) / _FADE
    edge = np.clip(edge, 0, 1).astype(np.float32)
    edge = (edge * edge * (3 - 2 * edge))[..., None]
    picture = edge * picture + (1 - edge) * rgb(GROUND).astype(np.float32)
    return (255 * np.clip(picture, 0, 1)).astype(np.uint8)


def _concrete(x: np.ndarray, y: np.ndarray, pixels: float) -> np.ndarray:
    """Cloudy grey with joints in squares."""
    random = np.random.default_rng(0)
    coarse = random.standard_normal((len(y) // 8 + 1, len(x) // 8 + 1)).astype(np.float32)
    clouds = np.asarray(
        Image.fromarray(_blurred(coarse, 0.05 * pixels)).resize((len(x), len(y)), Image.Resampling.BICUBIC)
    )
    clouds = clouds / (clouds.std() + 1e-9) * 0.012
    near = lambda v: np.abs((v + _JOINTS / 2) % _JOINTS - _JOINTS / 2)  # noqa: E731
    joint = np.minimum(near(x)[None, :], near(y)[:, None])
    grey = clouds - 0.10 * np.exp(-((joint / max(0.02, 0.6 / pixels)) ** 2))
    return (rgb("#dfe3e8")[None, None] + grey[..., None]).astype(np.float32)


def _painted(points: np.ndarray, faces: np.ndarray, width: int, height: int) -> np.ndarray:
    picture = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(picture)
    for triangle in points[faces].reshape(-1, 6).tolist():
        draw.polygon(triangle, fill=255)
    return np.asarray(picture, np.float32) / 255


def _blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Three box filters one after the other, which come close to a Gaussian of that deviation [pixels]."""
    half = int(max(1, round(sigma * 0.9)))
    out = picture
    for axis in (0, 1):
        for _ in range(3):
            pad = [(half + 1, half) if k == axis else (0, 0) for k in (0, 1)]
            total = np.cumsum(np.pad(out, pad, mode="edge"), axis=axis, dtype=np.float32)
            high = np.take(total, np.arange(2 * half + 1, total.shape[axis]), axis=axis)
            low = np.take(total, np.arange(total.shape[axis] - 2 * half - 1), axis=axis)
            out = (high - low) / (2 * half + 1)
    return out
