"""`linetwin view`: a line at work, as a page, a picture, a film, a file for other programs, or in a window."""

from __future__ import annotations

import re
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.options import LARGEST_SEED, OptionError, duration, whole
from scenarios.outputs import check_outputs, save
from scenarios.progress import progress_bar, refusals
from viz.endings import FILMS, GLB, PICTURES, USD

if TYPE_CHECKING:
    from datetime import datetime

    from viz.story import Story

__all__ = ["ViewOptions", "moment", "page_name", "view", "write_page"]

ENDINGS = {"--html": (".html",), "--png": tuple(PICTURES), "--movie": FILMS, "--glb": GLB, "--usd": USD}
MOST_PIXELS = 8192
_FILM = 1800.0
"""Of a run that a film shows if nothing else is said [s]: a minute at 30 times its speed."""


@dataclass(frozen=True)
class ViewOptions:
    """The options of `linetwin view` as they are typed; None was not given."""

    what: str
    html: str | None = None
    png: str | None = None
    movie: str | None = None
    glb: str | None = None
    usd: str | None = None
    at: str | None = None
    until: str | None = None
    speed: str = "30"
    compare: str | None = None
    colour: str = "state"
    quality: str = "final"
    size: str = "1280x720"
    horizon: str | None = None
    replication: str = "0"
    seed: str | None = None
    line: str | None = None
    changes: Sequence[str] = ()
    window: bool = False
    open_page: bool = False


def view(options: ViewOptions) -> None:
    """Simulate, then show; without any output write the page.

    Raises:
        OptionError: an option, an input or an output that cannot be used.
        LineError: a line that cannot be read or simulated.
    """
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from scenarios.tables import say  # noqa: PLC0415
    from scenarios.viewed import as_asked  # noqa: PLC0415

    outputs = {f"--{name}": getattr(options, name) for name in ("html", "png", "movie", "glb", "usd")}
    for option, path in outputs.items():
        if path is not None and not path.lower().endswith(ENDINGS[option]):
            raise OptionError(
                f"{option} is '{path[-200:]}'; such a file ends in {' or '.join(ENDINGS[option])}. Rename it."
            )
    check_outputs(outputs, {"WHAT": options.what})
    size = _size(options.size)
    replication = whole("--replication", options.replication, least=0, most=9999, example=0)
    seed = None if options.seed is None else whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    horizon = None if options.horizon is None else duration("--horizon", options.horizon)
    asked = as_asked(
        options.what,
        changes=options.changes,
        compare=options.compare,
        line=options.line,
        horizon=horizon,
        replication=replication,
        seed=seed,
    )
    with progress_bar(f"Compiling (once), then simulating {asked.name}") as progress, refusals():
        traces = asked.traces(progress)
    from viz.story import story_of  # noqa: PLC0415

    stories = [_told(lambda trace=trace: story_of(trace, replication)) for trace in traces]
    begin = _begin(options, stories[0])
    titles = [case.name for case in asked.cases]
    if not any(outputs.values()) and not options.window:
        outputs["--html"] = page_name(asked.name)
    if outputs["--html"]:
        write_page(outputs["--html"], stories, titles, asked.name, begin)
        say(f"Wrote {outputs['--html']}: open it in a browser; it needs nothing else.")
        if options.open_page:
            webbrowser.open(Path(outputs["--html"]).resolve().as_uri())
    _pictures(options, stories[0], begin, size)
    if options.window:
        from viz.window import show  # noqa: PLC0415

        _told(lambda: show(stories[0], begin=begin, colour=options.colour, size=size))


def _pictures(options: ViewOptions, story: Story, begin: float, size: tuple[int, int]) -> None:
    """The still, the film and the files for other programs."""
    from scenarios.tables import say  # noqa: PLC0415

    look: dict[str, Any] = {"size": size, "colour": options.colour}
    if options.png:
        from viz.picture import screenshot  # noqa: PLC0415

        still = options.png
        _told(lambda: screenshot(story, begin, still, quality=options.quality, **look))
        say(f"Wrote {still}")
    if not (options.movie or options.glb or options.usd):
        return
    start = begin if options.at is not None else max(0.0, begin - _FILM / 2)
    end = min(start + _FILM, story.until) if options.until is None else moment("--until", options.until, story.start)
    span: dict[str, Any] = {"begin": start, "end": end, "speed": _speed(options.speed)}
    if options.movie:
        from viz.picture import movie  # noqa: PLC0415

        quality = "smooth" if options.quality == "final" else options.quality
        film = options.movie
        with progress_bar("Filming") as progress:
            _told(lambda: movie(story, film, quality=quality, progress=progress, **span, **look))
        say(f"Wrote {film}")
    from viz.export import export  # noqa: PLC0415

    for path in (options.glb, options.usd):
        if path:
            _told(lambda path=path: export(story, path, **span))
            say(f"Wrote {path}")


def write_page(path: str, stories: Sequence[Story], titles: Sequence[str], name: str, begin: float) -> None:
    """Write the page of one run or two, whole or not at all.

    Raises:
        OptionError: it cannot be written.
    """
    from twin.store import write_atomic  # noqa: PLC0415
    from viz.page import page_text  # noqa: PLC0415

    text = page_text(stories, titles=titles, title=name, begin=begin)
    save("--html", path, lambda target: write_atomic(target, text))


def moment(option: str, text: str, start: datetime) -> float:
    """A moment of a run [s]: a time since its beginning, or a time of day, the first one after it.

    Raises:
        OptionError: when it is neither.

    Example:
        >>> from datetime import datetime
        >>> moment("--at", "07:30", datetime(2026, 1, 5, 6)), moment("--at", "20 min", datetime(2026, 1, 5, 6))
        (5400.0, 1200.0)
    """
    day = re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s*", text)
    if day is None:
        return duration(option, text, positive=False)
    from twin.clock import DAY, second_of_day  # noqa: PLC0415  twin needs jax

    wanted = 3600.0 * int(day[1]) + 60 * int(day[2]) + int(day[3] or 0)
    return (wanted - second_of_day(start)) % DAY


def _begin(options: ViewOptions, story: Story) -> float:
    """Where the clock stands: as asked, else when four tenths of the run are over and the line is full."""
    if options.at is None:
        return 0.4 * story.until
    begin = moment("--at", options.at, story.start)
    if begin > story.until:
        rule = f"the run ends after {story.until:g} s"
        raise OptionError(f"--at is {options.at}; {rule}. Use a longer --horizon, or an earlier moment.")
    return begin


def page_name(name: str) -> str:
    """The file of a page whose name was not given, after what it shows."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] + ".html"


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*", text)
    if not found or not all(64 <= int(n) <= MOST_PIXELS for n in found.groups()):
        rule = f"width and height are 64 to {MOST_PIXELS} pixels with an x between"
        raise OptionError(f"--size is '{text[:40]}'; {rule}. Use for example --size 1920x1080.")
    return int(found[1]), int(found[2])


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0.01 <= speed <= 1e5:
        raise OptionError(f"--speed is '{text[:40]}'; it is a number from 0.01 to 100000. Use for example --speed 30.")
    return speed


def _told(draw: Callable[[], Any]) -> Any:
    """What a drawing function returns; what it refuses is said as an option that cannot be used.

    Raises:
        OptionError: it refused.
    """
    from viz.opengl import MissingError  # noqa: PLC0415

    try:
        return draw()
    except (ValueError, ModuleNotFoundError, MissingError, OSError) as fault:
        raise OptionError(str(fault)) from None
