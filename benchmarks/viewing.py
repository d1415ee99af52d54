"""How fast the line is drawn: `python benchmarks/viewing.py [--json FILE]` on the housing line, an eight-hour shift.

Frames of PyVista (1280x720, no graphics card needed), the update of the scene alone, making the page, and memory over
60 cycles of opening and closing a stage. With Chromium on the PATH also the page: until it is ready, and its frames.
Times are the best of several, in milliseconds of wall time where a person waits, beside CPU seconds where work is done.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from scenarios.compiled import prepare_jax

prepare_jax()

import twin  # noqa: E402  after JAX was told how to compile
from viz.floor import floor_picture  # noqa: E402
from viz.page import page  # noqa: E402
from viz.scene import scene_of  # noqa: E402
from viz.stage import QUALITIES, Stage  # noqa: E402
from viz.story import Story, story_of  # noqa: E402

TESTS = Path(__file__).parents[1] / "tests"


def frames(story: Story, quality: str, count: int) -> dict[str, float]:
    """Milliseconds of a frame and of its update, and how many parts there are."""
    with Stage(story, quality=quality) as stage:
        begin = next(t for t in np.arange(3600.0, story.until, 60.0) if len(story.at(float(t)).parts) >= 50)
        stage.show(begin)
        stage.picture()
        drawn, updated = [], []
        for k in range(count):
            start = time.perf_counter()
            stage.show(begin + k)
            middle = time.perf_counter()
            stage.plotter.render()
            drawn.append(time.perf_counter() - start)
            updated.append(middle - start)
        return {"frame_ms": 1e3 * min(drawn), "update_ms": 1e3 * min(updated), "parts": len(story.at(begin).parts)}


def memory(story: Story, cycles: int) -> dict[str, float]:
    """Megabytes after a tenth of the cycles, and after all of them."""
    floor = floor_picture(scene_of(story.layout).everything, scene_of(story.layout).floor)
    used = []
    for _ in range(cycles):
        with Stage(story, size=(640, 360), quality="draft", floor=floor) as stage:
            stage.show(0.5 * story.until)
            stage.picture()
        used.append(psutil.Process().memory_info().rss / 1e6)
    return {"cycles": cycles, "after_a_tenth_MB": used[cycles // 10], "at_the_end_MB": used[-1]}


def browser(path: Path) -> dict[str, Any] | None:
    """How long the page takes to be ready, and its frames at 1280x720 while it plays."""
    sys.path.insert(0, str(TESTS))
    from browser import CHROMIUM, Browser  # noqa: PLC0415  one of the tests

    if CHROMIUM is None:
        return None
    found: dict[str, Any] = {}
    ready = []
    for _ in range(3):
        with Browser(1280, 720) as one:
            start = time.perf_counter()
            one.open(path.as_uri())
            one.wait("document.documentElement.dataset.ready === 'yes'")
            ready.append(time.perf_counter() - start)
            one.evaluate("(linetwin.finest(1), linetwin.play(true))")
            one.evaluate("new Promise(done => setTimeout(done, 4000))")
            spent = np.array(one.evaluate("linetwin.spent")[5:])
            found.setdefault("frames_ms", []).append(float(np.median(spent)))
    return {"ready_s": min(ready), "frame_ms": min(found["frames_ms"])}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--line", default="housing", help="a line of the library, or a file")
    options = parser.parse_args()
    trace = twin.simulate(twin.load_line(options.line), horizon=8 * 3600.0, seed=0)
    found: dict[str, Any] = {"line": options.line, "machine": platform.processor() or platform.machine()}
    start = time.process_time()
    story = story_of(trace)
    found["story_CPU_s"] = time.process_time() - start
    found |= {quality: frames(story, quality, 30 if quality == "draft" else 8) for quality in QUALITIES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        start, cpu = time.perf_counter(), time.process_time()
        page(trace, path)
        found["page"] = {"s": time.perf_counter() - start, "CPU_s": time.process_time() - cpu}
        found["page"]["MB"] = path.stat().st_size / 1e6
        found["browser"] = browser(path)
    found["memory"] = memory(story, 60)
    text = json.dumps(found, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
