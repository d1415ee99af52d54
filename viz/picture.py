"""Pictures of one moment, and films, drawn by PyVista with everything around the line painted on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from twin.store import write_atomic
from twin.trace import Trace
from viz.endings import FILMS, PICTURES
from viz.overlay import Overlay, room
from viz.series import Series
from viz.stage import Stage
from viz.story import Story, story_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["colours_of", "movie", "screenshot", "story_from"]


def screenshot(
    trace: Trace | Story,
    t: float,
    path: str | Path,
    *,
    size: tuple[int, int] = (1280, 720),
    quality: str = "final",
    colour: str = "state",
    replication: int = 0,
) -> Path:
    """A picture of the line at a moment.

    Args:
        trace: a run that kept its visits, or its story.
        t: seconds from the run's start.
        path: of the picture: .png, .jpg or .webp.
        size: width and height [pixels].
        quality: "draft" (fast), "smooth" or "final" (soft shadows).
        colour: what colours the housings: "state" (nothing: states have lamps and frames), or the name of a figure:
            "utilisation", "power", "temperature", "wear", "scrap".
        replication: of which repetition.

    Returns:
        The path.

    Raises:
        ValueError: the moment, the quality, the figure or the kind of picture is not known.
        MissingError: the libraries for drawing in 3D are not there; it says what to install.
        OSError: the file cannot be written; nothing is left behind.
    """
    path = Path(path)
    form = PICTURES.get(path.suffix.lower())
    if form is None:
        raise ValueError(f"{path}: a picture is one of {', '.join(PICTURES)}; let the name end in .png.")
    story = story_from(trace, replication)
    series = colours_of(story, colour)
    story.at(t)
    with Stage(story, size=size, quality=quality) as stage:
        image = Image.fromarray(next(_pictures(stage, story, [t], size, series)))
    return write_atomic(path, lambda part: image.save(part, form))


def movie(
    trace: Trace | Story,
    path: str | Path,
    *,
    begin: float = 0.0,
    end: float | None = None,
    speed: float = 30.0,
    rate: int = 24,
    size: tuple[int, int] = (1280, 720),
    quality: str = "smooth",
    colour: str = "state",
    replication: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """A film of the line.

    Args:
        trace: a run that kept its visits, or its story.
        path: of the film: .mp4 (needs imageio-ffmpeg), .webp or .gif.
        begin: from when on [s].
        end: until when [s]; the end of the run if nothing else is said.
        speed: seconds of the line in one second of the film.
        rate: pictures per second.
        size: width and height [pixels].
        quality: see `screenshot`.
        colour: see `screenshot`.
        replication: of which repetition.
        progress: called with the share that is done.

    Returns:
        The path.

    Raises:
        ValueError: as `screenshot`, or the span or the speed makes no film.
        ModuleNotFoundError: an .mp4 was asked for and imageio-ffmpeg is not installed.
        MissingError: the libraries for drawing in 3D are not there; it says what to install.
    """
    path = Path(path)
    if path.suffix.lower() not in FILMS:
        raise ValueError(f"{path}: a film is one of {', '.join(FILMS)}; let the name end in .mp4.")
    story = story_from(trace, replication)
    times = np.arange(begin, story.span(begin, end, speed), speed / _rate(rate))
    series = colours_of(story, colour)
    with Stage(story, size=size, quality=quality) as stage:
        pictures = _counted(_pictures(stage, story, times, size, series), len(times), progress)
        if path.suffix.lower() == ".mp4":
            return write_atomic(path, lambda part: _mp4(part, pictures, size, rate))
        return write_atomic(path, lambda part: _animated(part, pictures, path.suffix.lower(), rate))


def story_from(trace: Trace | Story, replication: int = 0) -> Story:
    """The story of a run, or the story itself."""
    return trace if isinstance(trace, Story) else story_of(trace, replication)


def colours_of(story: Story, colour: str) -> Series | None:
    """The figure that colours the housings; None for the states alone.

    Raises:
        ValueError: the run has no such figure.
    """
    if colour == "state":
        return None
    if colour not in story.series:
        known = ", ".join(["state", *story.series])
        raise ValueError(f"colour is {colour!r}; this run has {known}.")
    return story.series[colour]


def _pictures(
    stage: Stage, story: Story, times: Sequence[float] | np.ndarray, size: tuple[int, int], series: Series | None
) -> Iterator[np.ndarray]:
    stage.look_from(stage.best_camera(room(story, size)))
    overlay = Overlay(story, stage.scene, stage.camera, size, series)
    for t in times:
        frame = stage.show(float(t))
        if series is not None:
            stage.tint(series.shares(story.sample(float(t))))
        yield overlay.on(stage.picture(), frame)


def _rate(rate: int) -> int:
    if not rate > 0:
        raise ValueError(f"rate is {rate}; a film has more than zero pictures per second.")
    return rate


def _counted(
    pictures: Iterator[np.ndarray], count: int, progress: Callable[[float], None] | None
) -> Iterator[np.ndarray]:
    for k, picture in enumerate(pictures):
        yield picture
        if progress is not None:
            progress((k + 1) / count)


def _mp4(path: Path, pictures: Iterator[np.ndarray], size: tuple[int, int], rate: int) -> None:
    try:
        ffmpeg = import_module("imageio_ffmpeg")  # an extra
    except ModuleNotFoundError as missing:
        remedy = "Install linetwin[video], or let the name end in .webp, which needs nothing"
        raise ModuleNotFoundError(f"an .mp4 needs imageio-ffmpeg, which is not installed. {remedy}.") from missing
    even = (size[0] // 2 * 2, size[1] // 2 * 2)
    film = path.with_suffix(".mp4")
    writer = ffmpeg.write_frames(str(film), even, fps=rate, quality=8, macro_block_size=2)
    writer.send(None)
    try:
        for picture in pictures:
            writer.send(np.ascontiguousarray(picture[: even[1], : even[0]]))
    finally:
        writer.close()
    film.replace(path)


def _animated(path: Path, pictures: Iterator[np.ndarray], suffix: str, rate: int) -> None:
    first, *rest = [Image.fromarray(picture) for picture in pictures]
    form = {"format": "WEBP", "quality": 80, "method": 4} if suffix == ".webp" else {"format": "GIF", "optimize": True}
    first.save(path, save_all=True, append_images=rest, duration=round(1000 / rate), loop=0, **form)
