"""The line in a window: play, pause, speed, a slider for the time, and a click on a machine for its charts."""

from __future__ import annotations

import time as clock
from typing import Any

import numpy as np

from twin.trace import Trace
from viz.opengl import prepare
from viz.overlay import Overlay
from viz.picture import colours_of, story_from
from viz.series import grid
from viz.stage import Stage
from viz.story import Story

__all__ = ["Notebook", "show"]

_SPEEDS = (1, 4, 10, 30, 60, 120, 300)
_KEYS = "space: play or pause   ← →: 10 s   + −: speed   c: colour   h: all of the line   q: close"


class Notebook:
    """A run as the output of a cell: its page in a frame of its own."""

    def __init__(self, story: Story, height: int = 640) -> None:
        self.story, self.height = story, height

    def _repr_html_(self) -> str:
        import html  # noqa: PLC0415  only in a notebook

        from viz.page import page_text  # noqa: PLC0415  only in a notebook

        page = html.escape(page_text([self.story]), quote=True)
        style = f"width:100%;height:{self.height}px;border:0"
        about = f'sandbox="allow-scripts" style="{style}" title="{html.escape(self.story.name)}"'
        return f'<iframe {about} srcdoc="{page}"></iframe>'


def show(
    trace: Trace | Story,
    *,
    begin: float = 0.0,
    speed: float = 60.0,
    colour: str = "state",
    size: tuple[int, int] = (1280, 720),
    replication: int = 0,
) -> Notebook | None:
    """Open a window in which the run plays; in a notebook, show its page below the cell.

    Args:
        trace: a run that kept its visits, or its story.
        begin: where the clock stands at first [s].
        speed: seconds of the line in one second.
        colour: what colours the housings, see `viz.screenshot`.
        size: width and height [pixels].
        replication: of which repetition.

    Returns:
        In a notebook what it shows; None after the window was closed.

    Raises:
        MissingError: there is no display, or the libraries for drawing are not there.
        ValueError: as `viz.screenshot`.
    """
    story = story_from(trace, replication)
    colours_of(story, colour)
    if _in_notebook():
        return Notebook(story)
    prepare(window=True)
    _Window(story, begin, speed, colour, size).run()
    return None


def _in_notebook() -> bool:
    """Whether this runs in a kernel that shows HTML."""
    try:
        shell = get_ipython()  # type: ignore[name-defined]
    except NameError:
        return False
    return type(shell).__name__ == "ZMQInteractiveShell"


class _Window:
    """A stage with controls."""

    def __init__(self, story: Story, begin: float, speed: float, colour: str, size: tuple[int, int]) -> None:
        self.story, self.time, self.speed, self.playing = story, begin, speed, False
        self.colours = ["state", *story.series]
        self.colour = colour
        self.stage = Stage(story, size=size, quality="smooth", window=True)
        self.plotter: Any = self.stage.plotter
        self.last = clock.monotonic()
        self.chart: Any = None
        self._text = self.plotter.add_text("", position="upper_left", font_size=11, color="#161c24")
        self.plotter.add_text(_KEYS, position="lower_right", font_size=7, color="#5b6672")
        self.slider = self.plotter.add_slider_widget(
            self._seek,
            (0.0, story.until / 60),
            value=begin / 60,
            title="minutes",
            pointa=(0.03, 0.06),
            pointb=(0.55, 0.06),
            style="modern",
            color="#161c24",
            interaction_event="always",
        )
        keys = {
            "space": self._play,
            "Left": lambda: self._step(-10),
            "Right": lambda: self._step(10),
            "c": self._next_colour,
        }
        keys |= {"plus": lambda: self._faster(1), "minus": lambda: self._faster(-1), "h": self._home}
        for key, does in keys.items():
            self.plotter.add_key_event(key, does)
        self.plotter.track_click_position(self._click, side="left", viewport=True)
        self.plotter.add_timer_event(max_steps=10**9, duration=40, callback=self._tick)
        self._show()

    def run(self) -> None:
        """Until the window is closed."""
        self.plotter.show(title=f"{self.story.name} - linetwin")

    def _seek(self, minutes: float) -> None:
        self.time = float(np.clip(60 * minutes, 0, self.story.until))
        self._show()

    def _step(self, by: float) -> None:
        self.slider.GetRepresentation().SetValue((self.time + by) / 60)
        self._seek((self.time + by) / 60)

    def _play(self) -> None:
        self.playing, self.last = not self.playing, clock.monotonic()
        if self.playing and self.time >= self.story.until:
            self.time = 0.0
        self._show()

    def _faster(self, by: int) -> None:
        place = int(np.argmin([abs(one - self.speed) for one in _SPEEDS])) + by
        self.speed = _SPEEDS[int(np.clip(place, 0, len(_SPEEDS) - 1))]
        self._show()

    def _next_colour(self) -> None:
        self.colour = self.colours[(self.colours.index(self.colour) + 1) % len(self.colours)]
        self._show()

    def _home(self) -> None:
        self.stage.look_from(self.stage.best_camera())

    def _tick(self, _: int) -> None:
        now = clock.monotonic()
        if self.playing:
            self.time = min(self.time + (now - self.last) * self.speed, self.story.until)
            self.playing = self.time < self.story.until
            self.slider.GetRepresentation().SetValue(self.time / 60)
            self._show()
        self.last = now

    def _show(self) -> None:
        frame = self.stage.show(self.time)
        series = colours_of(self.story, self.colour)
        sample = self.story.sample(self.time)
        self.stage.tint(None if series is None else series.shares(sample))
        words = [f"{Overlay.clock(self.story, frame.time)}   {self.speed:g} x{'' if self.playing else '   (paused)'}"]
        words += [f"{g.title}: {g.values[sample]:,.{g.decimals}f} {g.unit}" for g in self.story.gauges]
        words.append("colour: " + (series.title if series else "state"))
        self._text.SetText(2, "\n".join(words))

    def _click(self, at: tuple[float, float]) -> None:
        """Charts of the machine under a pixel."""
        machine = self.stage.machine_at(at[0], at[1])
        if self.chart is not None:
            for one in self.chart:
                self.plotter.remove_chart(one)
            self.chart = None
        if machine is not None:
            self.chart = self._charts(machine)

    def _charts(self, machine: int) -> list[Any]:
        import pyvista as pv  # noqa: PLC0415  it is there: the window is open

        found, hours = [], grid(self.story.until) / 3600
        for series in self.story.series.values():
            values = series.values[machine]
            known = np.isfinite(values)
            if not known.any():
                continue
            high = 0.2
            chart = pv.Chart2D(size=(0.28, high), loc=(0.71, 0.74 - high * 1.02 * len(found)), x_label="h", y_label="")
            chart.title = f"{self.story.labels[machine]}: {series.title}, {series.unit}"
            chart.line(hours[known], values[known], color="#1d6fb8", width=1.5)
            self.plotter.add_chart(chart)
            found.append(chart)
            if len(found) == 3:
                break
        return found
