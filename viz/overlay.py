"""What stands on a picture beside the line: title and clock, cards, names with states, the Gantt chart, a colour scale.

Painted with Pillow on what a renderer drew, so that it looks the same everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from twin.segments import STATES as NAMES
from viz.camera import Camera
from viz.colours import STATES, on_scale
from viz.scene import Scene
from viz.series import Series
from viz.story import Frame, Story
from viz.tags import Box, placed

__all__ = ["Overlay", "room"]

_INK, _SOFT, _CARD, _SHADOW = (22, 28, 36, 255), (88, 98, 110, 255), (255, 255, 255, 238), (20, 30, 40, 42)
_FINE = 2
"""Pixels painted for one shown, along each side."""
_WINDOW = 1800.0
"""Time [s] on the Gantt chart, where the run is longer."""
_ROWS = 150.0
_MANY = 32
"""Stations from which on labels are short."""


def room(story: Story, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Shares of a picture that cards and chart take: left, right, top, bottom."""
    scale = _scale(size)
    return 0.03, 0.03, 98 * scale / size[1], (_gantt_height(story) + 24) * scale / size[1]


def _scale(size: tuple[int, int]) -> float:
    return max(0.6, min(size[0] / 1280, size[1] / 720))


def _gantt_height(story: Story) -> float:
    return min(12.0, _ROWS / len(story.labels)) * len(story.labels) + 44


class Overlay:
    """Paints on pictures of one story and one camera."""

    def __init__(
        self, story: Story, scene: Scene, camera: Camera, size: tuple[int, int], tint: Series | None = None
    ) -> None:
        self.story, self.scene, self.size, self.tint = story, scene, size, tint
        self._scale = _scale(size)
        self._anchors = camera.project(scene.tags(), *size)

    def on(self, picture: np.ndarray, frame: Frame) -> np.ndarray:
        """The picture [row, column, 3] with everything on it."""
        width, height = self.size
        self._image = Image.new("RGBA", (width * _FINE, height * _FINE), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)
        self._unit = _FINE * self._scale
        self._wide, self._high = width / self._scale, height / self._scale
        taken = [self._title(frame), *self._cards(frame), self._gantt(frame)]
        if self.tint is not None:
            taken.append(self._legend(self.tint, taken))
        self._tags(frame, taken)
        over = self._image.resize(self.size, Image.Resampling.LANCZOS)
        return np.asarray(Image.alpha_composite(Image.fromarray(picture).convert("RGBA"), over).convert("RGB"))

    @staticmethod
    def clock(story: Story, time: float) -> str:
        """Local date and time of a moment [s], and how far into the run it is."""
        whole = int(time)
        into = f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d} into the run"
        return f"{story.start + timedelta(seconds=time):%a %Y-%m-%d %H:%M:%S}   {into}"

    def _title(self, frame: Frame) -> Box:
        self._text(20, 13, self.story.name, 18, bold=True)
        text = self.clock(self.story, frame.time)
        self._text(20, 38, text, 11.5, _SOFT)
        return 20, 13, 20 + max(self._width(text, 11.5), self._width(self.story.name, 18, bold=True)), 54

    def _cards(self, frame: Frame) -> list[Box]:
        gauges = [g for g in self.story.gauges if np.isfinite(g.values).any()][:5]
        place = self.story.sample(frame.time)
        found, x = [], self._wide - 14
        for gauge in reversed(gauges):
            value = gauge.values[place]
            text = f"{value:,.{gauge.decimals}f}" if np.isfinite(value) else "–"
            wide = (
                max(self._width(gauge.title, 10), self._width(text, 20, bold=True) + 5 + self._width(gauge.unit, 10))
                + 22
            )
            x -= wide
            self._card((x, 10, x + wide, 58))
            self._text(x + 11, 16, gauge.title, 10, _SOFT)
            self._text(x + 11, 30, text, 20, bold=True)
            self._text(x + 15 + self._width(text, 20, bold=True), 39, gauge.unit, 10, _SOFT)
            found.append((x, 10.0, x + wide, 58.0))
            x -= 8
        return found

    def _gantt(self, frame: Frame) -> Box:
        """States of all machines around now; what is still to come is pale."""
        story, count = self.story, len(self.story.labels)
        row = min(12.0, _ROWS / count)
        each = max(1, int(np.ceil(9.0 / row)))
        high = _gantt_height(story)
        left, top, right = 14.0, self._high - high - 12, self._wide - 14
        self._card((left, top, right, top + high))
        begin = float(np.clip(frame.time - 0.6 * _WINDOW, 0, max(story.until - _WINDOW, 0)))
        end = min(begin + _WINDOW, story.until)
        x0, x1 = left + 96, right - 14
        across = (x1 - x0) / max(end - begin, 1e-9)
        used = []
        for j, name in enumerate(story.labels):
            y = top + 27 + row * j
            if j % each == 0:
                self._text(x0 - 8, y + row / 2, self._fitting(name, 9, 80), min(9.5, row * each), _SOFT, "rm")
            for t0, t1, state in zip(*story.courses.between(j, begin, end), strict=True):
                used.append(NAMES[state])
                past = min(t1, max(t0, frame.time))
                from_, now, to = (x0 + across * (t - begin) for t in (t0, past, t1))
                self._bar(from_, now, to, (y, y + row * 0.8), NAMES[state])
        now = x0 + across * (frame.time - begin)
        bottom = top + 27 + row * count
        self._line((now, top + 22, now, bottom), _INK, 2)
        self._polygon([(now - 5, top + 21), (now + 5, top + 21), (now, top + 28)])
        for k in range(5):
            t = begin + (end - begin) * k / 4
            moment = story.start + timedelta(seconds=t)
            self._text(
                x0 + across * (t - begin),
                bottom + 9,
                f"{moment:%H:%M:%S}",
                9.5,
                _SOFT,
                ("lm", "mm", "mm", "mm", "rm")[k],
            )
        x = left + 12
        for name in [name for name in STATES if name in used]:
            self._rect((x, top + 8, x + 11, top + 19), _rgba(STATES[name]), 3)
            word = name.replace("_", " ")
            self._text(x + 16, top + 13.5, word, 10.5, _INK, "lm")
            x += 30 + self._width(word, 10.5)
        return left, top, right, top + high

    def _bar(self, left: float, now: float, right: float, rows: tuple[float, float], state: str) -> None:
        """One stretch of one state, pale from now on."""
        for a, b, alpha in ((left, now, 255), (now, right, 92)):
            if b > a:
                self._rect((a, rows[0], b, rows[1]), _rgba(STATES[state], alpha), 0)

    def _legend(self, tint: Series, taken: Sequence[Box]) -> Box:
        """The colours of a figure: beside the cards, or below them where there is no room."""
        title, cards = taken[0], taken[1:-1]
        right = min((card[0] for card in cards), default=self._wide - 6) - 8
        top = 10.0
        if right - title[2] < 200:
            right, top = self._wide - 14, 66.0
        left = max(right - 230, title[2] + 20) if top == 10.0 else right - 230
        self._card((left, top, right, top + 48))
        self._text(left + 12, top + 14, tint.title, 10, _SOFT, "lm")
        for k in range(200):
            x = left + 12 + (right - left - 24) * k / 200
            red, green, blue = (255 * on_scale(np.array(k / 199))).astype(int).tolist()
            self._rect((x, top + 22, x + 1.6, top + 32), (red, green, blue, 255), 0)
        for k, anchor in ((0, "lm"), (0.5, "mm"), (1, "rm")):
            value = tint.low + (tint.high - tint.low) * k
            self._text(left + 12 + (right - left - 24) * k, top + 40, f"{value:g} {tint.unit}", 9.5, _INK, anchor)
        return left, top, right, top + 48

    def _tags(self, frame: Frame, taken: Sequence[Box]) -> None:
        """The name and state of every station, where there is room."""
        states = [[NAMES[s] for s in frame.states[own]] for own in self.scene.stations]
        names = [bay.name for bay in self.story.layout.bays]
        words = [_words(own) for own in states]
        sizes = []
        for name, word in zip(names, words, strict=True):
            wide = self._width(name, 11.5, bold=True)
            forms = [(max(wide, self._width(word, 9.5)) + 22, 32.0), (wide + 18, 18.0)]
            forms.append((self._width(self._fitting(name, 9, 60), 9) + 14, 14.0))
            sizes.append([*forms] if len(names) <= _MANY else [(0.0, np.inf), (0.0, np.inf), forms[-1]])
        anchors = [(x / self._scale, y / self._scale) for x, y in self._anchors]
        area = (4.0, 62.0, self._wide - 4, self._high - 4)
        for m, spot in enumerate(placed(anchors, sizes, taken, area)):
            if spot is None:
                continue
            form, box = spot
            x, y = anchors[m]
            foot = float(np.clip(x, box[0] + 6, box[2] - 6))
            self._line((foot, box[3], x, y + 3), (60, 68, 78, 190), 1)
            self._card(box, 5)
            self._side(box, states[m])
            if form == 0:
                self._text(box[0] + 13, box[1] + 10, names[m], 11.5, _INK, "lm", bold=True)
                self._text(box[0] + 13, box[1] + 23, words[m], 9.5, _SOFT, "lm")
            elif form == 1:
                self._text(box[0] + 12, (box[1] + box[3]) / 2, names[m], 11.5, _INK, "lm", bold=True)
            else:
                self._text(box[0] + 9, (box[1] + box[3]) / 2, self._fitting(names[m], 9, 60), 9, _INK, "lm")

    def _side(self, box: Box, states: Sequence[str]) -> None:
        """The colours of the machines of a station at the left edge of its tag."""
        step = (box[3] - box[1]) / len(states)
        for k, state in enumerate(states):
            self._rect(
                (box[0], box[1] + k * step, box[0] + 6, box[1] + (k + 1) * step),
                _rgba(STATES[state]),
                2 if len(states) == 1 else 0,
            )

    def _card(self, box: Box, radius: float = 8) -> None:
        left, top, right, bottom = box
        self._rect((left + 1, top + 2, right + 1, bottom + 2), _SHADOW, radius)
        self._rect(box, _CARD, radius)

    def _rect(self, box: Box, fill: tuple[int, ...], radius: float) -> None:
        left, top, right, bottom = (v * self._unit for v in box)
        right, bottom = max(right - 1, left), max(bottom - 1, top)
        if radius:
            self._draw.rounded_rectangle((left, top, right, bottom), radius * self._unit, fill=fill)
        else:
            self._draw.rectangle((left, top, right, bottom), fill=fill)

    def _line(self, ends: Box, fill: tuple[int, ...], width: float) -> None:
        self._draw.line([v * self._unit for v in ends], fill=fill, width=max(1, round(width * self._unit)))

    def _polygon(self, points: Sequence[tuple[float, float]]) -> None:
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=_INK)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        fill: tuple[int, ...] = _INK,
        anchor: str = "la",
        *,
        bold: bool = False,
    ) -> None:
        font = _font(round(size * self._unit), bold)
        self._draw.text((x * self._unit, y * self._unit), text, font=font, fill=fill, anchor=anchor)

    def _width(self, text: str, size: float, *, bold: bool = False) -> float:
        return self._draw.textlength(text, font=_font(round(size * self._unit), bold)) / self._unit

    def _fitting(self, text: str, size: float, width: float) -> str:
        """The text, its end left out where it is wider than `width`."""
        if self._width(text, size) <= width:
            return text
        short = text
        while short and self._width(short + "…", size) > width:
            short = short[:-1]
        return short + "…"


def _words(states: Sequence[str]) -> str:
    """States of the machines of a station, in words.

    Example:
        >>> _words(["down"]), _words(["starved", "processing", "processing"])
        ('down', '2 processing, 1 starved')
    """
    counts = Counter(states)
    if len(counts) == 1:
        return states[0].replace("_", " ")
    return ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.most_common())


def _rgba(colour: str, alpha: int = 255) -> tuple[int, int, int, int]:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue, alpha


@lru_cache(maxsize=64)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans, which comes with matplotlib, a dependency of PyVista; else what Pillow brings."""
    found = find_spec("matplotlib")
    if found and found.origin:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        file = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name
        if file.exists():
            return ImageFont.truetype(str(file), size)
    return ImageFont.load_default(size)
