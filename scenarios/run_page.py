"""The page at the end of `linetwin run`: the first replication, to look at in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.options import OptionError
from scenarios.outputs import STDOUT
from scenarios.size import check_size, visits_of
from scenarios.view_command import page_name, write_page

if TYPE_CHECKING:
    from scenarios.run_command import RunOptions
    from twin.line import Line
    from twin.trace import Trace

__all__ = ["RunPage", "wanted_page"]

MOST_VISITS = 1_000_000
"""Of all replications; a run of more does not keep them for a page that nobody asked for."""
MOST_OF_ONE = 200_000
"""Of the one replication that the page shows: some 10 MB."""
_OURS = '<meta name="generator" content="linetwin">'


@dataclass(frozen=True)
class RunPage:
    """A page that is going to be written.

    Attributes:
        path: of it.
        asked: whether it was asked for; then it must not fail.
    """

    path: str
    asked: bool

    def write(self, trace: Trace) -> None:
        """Write it, and say where it is.

        Raises:
            OptionError: it was asked for and cannot be written.
        """
        from scenarios.tables import say  # noqa: PLC0415
        from viz.story import story_of  # noqa: PLC0415

        story = story_of(trace)
        try:
            write_page(self.path, [story], [], trace.line.name, 0.4 * story.until)
        except OptionError as fault:
            if self.asked:
                raise
            say(f"No page was written: {fault}", stderr=True)
            return
        say(f"Wrote {self.path}: see the line at work in a browser.", stderr=self.asked)  # it may stand beside --json -


def wanted_page(
    options: RunOptions, line: Line, horizon: float | None, parts: int | None, replications: int
) -> RunPage | None:
    """The page that a run is going to write, if any.

    Without `--page` it is named after the line and goes into the folder at hand; there is none beside `--json -` or
    `--stations`, of a run too large to keep its visits, and where a file of that name is not one of our pages.

    Raises:
        OptionError: `--page` stands with what it cannot stand with.
    """
    if options.page is not None:
        if options.no_page or options.stations is not None:
            other = "--no-page" if options.no_page else "--stations"
            raise OptionError(f"--page shows the whole line, and {other} was given. Leave one of the two out.")
        return RunPage(options.page, asked=True)
    visits = len(line.stations) * visits_of(line, horizon, parts)
    large = visits > MOST_OF_ONE or visits * replications > MOST_VISITS
    path = page_name(line.name)
    if options.no_page or options.json == STDOUT or options.stations is not None or large or not _free(Path(path)):
        return None
    try:
        check_size(line, horizon=horizon, parts=parts, replications=replications, visits=True)
    except OptionError:  # without its visits the run may still fit
        return None
    return RunPage(path, asked=False)


def _free(path: Path) -> bool:
    """Whether there is no such file, or one of our pages."""
    try:
        with path.open(encoding="utf-8") as file:
            return _OURS in file.read(1000)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
