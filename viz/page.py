"""One self-contained page that plays runs back in a browser: no network, no server, nothing of others."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from twin.clock import second_of_day
from twin.segments import STATES as NAMES
from twin.store import write_atomic
from twin.trace import Trace
from viz.charts import charts_page
from viz.colours import GROUND, MATERIALS, PRODUCTS, SCALE, SPOILED, STATES, rgb
from viz.drawing import DRAWINGS
from viz.floor import floor_picture
from viz.layout import Layout
from viz.looks import part_looks
from viz.mesh import Mesh, merged
from viz.packed import Packed
from viz.picture import story_from
from viz.scene import Scene, lit, scene_of
from viz.series import grid
from viz.story import Story
from viz.told import told

__all__ = ["page", "page_text"]

_FLOOR = 34.0
"""Pixels of the floor per metre."""


def page(
    trace: Trace | Story,
    path: str | Path,
    *,
    compare: Trace | Story | None = None,
    titles: Sequence[str] = ("as it is", "what if"),
    title: str | None = None,
    replication: int = 0,
    begin: float = 0.0,
) -> Path:
    """Write a page that plays a run back, or two side by side on one clock and one camera.

    Args:
        trace: a run that kept its visits, or its story.
        path: of the page.
        compare: another run.
        titles: names of the two runs.
        title: of the page; the name of the line without one.
        replication: of which repetition.
        begin: where the clock stands at first [s].

    Returns:
        The path.

    Raises:
        ValueError: a run kept no visits.
        OSError: the file cannot be written; nothing is left behind.
    """
    stories = [story_from(one, replication) for one in (trace, compare) if one is not None]
    return write_atomic(path, page_text(stories, titles=titles, title=title, begin=begin))


def page_text(
    stories: Sequence[Story], *, titles: Sequence[str] = (), title: str | None = None, begin: float = 0.0
) -> str:
    """The page as text; see `page`."""
    packed = Packed()
    layouts: list[Layout] = []
    scenes: list[dict[str, Any]] = []
    runs = []
    for k, story in enumerate(stories):
        known = next((i for i, layout in enumerate(layouts) if _alike(layout, story.layout)), None)
        if known is None:
            known = len(layouts)
            layouts.append(story.layout)
            scenes.append(_scene(packed, f"scene{known}.", story.layout))
        name = titles[k] if len(stories) > 1 and k < len(titles) else ""
        runs.append(_run(packed, f"run{k}.", story) | {"scene": known, "title": name})
    for k, look in enumerate(part_looks()):
        colour = rgb(MATERIALS[look.material].colour if look.material else PRODUCTS[0])
        packed.small_mesh(f"look{k}", look.mesh, np.tile(colour, (len(look.mesh.points), 1)))
    header = {
        "title": title or stories[0].name,
        "begin": min(max(begin, 0.0), stories[0].until),
        "states": [[name, STATES[name]] for name in NAMES],
        "lit": lit(np.arange(len(NAMES))).tolist(),
        "shell": MATERIALS["shell"].colour,
        "ground": GROUND,
        "scale": SCALE,
        "products": PRODUCTS,
        "spoiled": SPOILED,
        "looks": [MATERIALS[look.material].colour if look.material else "" for look in part_looks()],
        "scenes": scenes,
        "runs": runs,
    }
    parts = {
        "@TITLE@": html.escape(header["title"]),
        "@STYLE@": _file("page.css") + DRAWINGS,
        "@CHARTS@": "".join(charts_page(story, run["title"]) for story, run in zip(stories, runs, strict=True)),
        "@SCRIPT@": '"use strict";\n' + "".join(_file(f"{name}.js") for name in _SCRIPTS),
        "@DATA@": packed.text(header),
    }
    text = _file("page.html")
    for mark, part in parts.items():
        text = text.replace(mark, part, 1)
    return text


_SCRIPTS = ("data", "camera", "draw", "gantt", "panels", "names", "main")


def _file(name: str) -> str:
    return (Path(__file__).parent / "player" / name).read_text(encoding="utf-8")


def _alike(one: Layout, other: Layout) -> bool:
    return one.bays == other.bays and one.path.points.shape == other.path.points.shape


def _scene(packed: Packed, name: str, layout: Layout) -> dict[str, Any]:
    """Pack what stands still, and tell about it."""
    scene = scene_of(layout)
    off, step = packed.large_mesh(f"{name}still", *_still(scene))
    solids: dict[int, int] = {}
    movers = []
    for mover in scene.movers:
        shared = solids.setdefault(id(mover.mesh), len(solids))
        if shared == len(solids) - 1:
            colour = np.tile(rgb(MATERIALS[mover.material].colour), (len(mover.mesh.points), 1))
            packed.small_mesh(f"{name}mover{shared}", mover.mesh, colour)
        at = mover.at.tolist()
        movers.append({"solid": shared, "machine": mover.machine, "at": at, "kind": mover.kind, "turn": mover.turn})
    outline = scene.outline
    packed.add(f"{name}outline", outline[np.linspace(0, len(outline) - 1, 600).astype(int)], "f4")
    packed.add(f"{name}way", layout.path.points, "f4")
    packed.add(f"{name}left", layout.path.left, "f4")
    picture = Image.fromarray(floor_picture(scene.everything, scene.floor, _FLOOR))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    packed.add(f"{name}floor", np.frombuffer(jpeg.getvalue(), np.uint8), "u1")
    return {
        "off": off,
        "scale": step,
        "step": layout.path.step,
        "extent": scene.floor,
        "movers": movers,
        "places": [one.at for one in scene.machines],
        "boxes": [np.concatenate(one.box).tolist() for one in scene.machines],
        "tags": scene.tags().tolist(),
        "machines": [own.tolist() for own in scene.stations],
    }


def _still(scene: Scene) -> tuple[Mesh, np.ndarray, np.ndarray, np.ndarray]:
    """Everything that stands still as one solid: colours, owners and kinds of its points (see `Packed.large_mesh`)."""
    pieces: list[tuple[Mesh, str, int, int]] = [(mesh, name, 0, 0) for name, mesh in scene.solids.items()]
    pieces += [(mesh, "shell", j, 1) for j, mesh in enumerate(scene.housings)]
    pieces += [(scene.pad(j), "shell", j, 2) for j in range(len(scene.machines))]
    for j, feet in enumerate(scene.lenses):
        pieces += [(scene.lens().moved(foot), "lamp", j, 5 - k) for k, foot in enumerate(feet)]
    counts = [len(mesh.points) for mesh, *_ in pieces]
    colours = np.repeat([rgb(MATERIALS[name].colour) for _, name, _, _ in pieces], counts, axis=0)
    owners = np.repeat([owner for _, _, owner, _ in pieces], counts)
    kinds = np.repeat([kind for _, _, _, kind in pieces], counts)
    return merged([mesh for mesh, *_ in pieces]), colours, owners, kinds


def _run(packed: Packed, name: str, story: Story) -> dict[str, Any]:
    """Pack a story, and tell about it."""
    tracks, courses = story.tracks, story.courses
    far = np.float32(3e38)
    packed.add(f"{name}first", tracks.first, "u4")
    packed.add(f"{name}time", tracks.time, "f4")
    packed.add(f"{name}along", tracks.place[:, 0], "f4")
    for k, axis in ((1, "aside"), (2, "up")):
        packed.add(name + axis, np.round(1000 * tracks.place[:, k]), "i2")
    packed.add(f"{name}part", tracks.part, "u4")
    packed.add(f"{name}product", story.product, "u1")
    packed.add(f"{name}turns", np.minimum(story.turns, far), "f4")
    packed.add(f"{name}spoiled", np.minimum(story.spoiled, far), "f4")
    packed.add(f"{name}cause", story.cause, "i2")
    packed.add(f"{name}states.first", courses.first, "u4")
    packed.add(f"{name}states.time", courses.time, "f4")
    packed.add(f"{name}states.code", courses.state, "u1")
    visits = story.visits
    order = np.lexsort((visits["station"], visits["part"]))
    for column, kind in (("part", "u4"), ("station", "u2"), ("defect", "u2"), ("scrapped", "u1")):
        packed.add(f"{name}visit.{column}", visits[column][order], kind)
    packed.add(f"{name}visit.machine", story.machine[order], "u2")
    for column in ("arrive", "start", "finish", "depart"):
        packed.add(f"{name}visit.{column}", np.minimum(visits[column][order], far), "f4")
    values, makes = told(story, order)
    packed.add(f"{name}visit.values", values, "f4")
    series = []
    for k, (key, one) in enumerate(story.series.items()):
        known = one.values[np.isfinite(one.values)]
        least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        most = most if most > least else least + 1.0
        share = np.where(np.isfinite(one.values), (one.values - least) / (most - least) * 65534, 65535)
        packed.add(f"{name}series{k}", np.round(share), "u2")
        about = {"name": key, "title": one.title, "unit": one.unit, "low": one.low, "high": one.high}
        series.append(about | {"least": least, "most": most})
    packed.add(f"{name}gauges", np.array([gauge.values for gauge in story.gauges]), "f4")
    times = grid(story.until)
    return {
        "until": story.until,
        "labels": story.labels,
        "stations": [bay.name for bay in story.layout.bays],
        "products": story.products,
        "causes": story.causes,
        "series": series,
        "gaugeNames": [[gauge.title, gauge.unit, gauge.decimals] for gauge in story.gauges],
        "samples": len(times),
        "step": float(times[1] - times[0]) if len(times) > 1 else 1.0,
        "startSeconds": second_of_day(story.start),
        "weekday": story.start.weekday(),
        "makes": makes,
    }
