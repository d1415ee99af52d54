"""Make the pictures of the README: `python docs/make_pictures.py`, some three CPU minutes, mostly to compile once."""

from __future__ import annotations

from pathlib import Path

from scenarios.compiled import prepare_jax

prepare_jax()

import twin  # noqa: E402  after JAX was told how to compile
import viz  # noqa: E402

HERE = Path(__file__).parent / "pictures"


def main() -> None:
    """A still and a film of the default line, three hours into an early shift."""
    HERE.mkdir(exist_ok=True)
    story = viz.story_of(twin.simulate(twin.load_line("housing"), horizon=8 * 3600.0, seed=0))
    viz.screenshot(story, 10_800.0, HERE / "housing.png", colour="utilisation")
    viz.movie(story, HERE / "housing.webp", begin=10_800.0, end=11_280.0, speed=60.0, rate=10, size=(800, 450))


if __name__ == "__main__":
    main()
