"""The window: play, keys and clicks, on an X server that nobody sees, in a process of its own."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shown import story

from viz.opengl import MissingError, prepare
from viz.window import Notebook, show

ROOT = Path(__file__).parents[1]
SCRIPT = """
import sys, time
sys.path[:0] = [{root!r}, {tests!r}]
from shown import story
from viz.opengl import prepare
from viz.window import _Window
prepare(window=True)
window = _Window(story(), 1000.0, 60.0, "state", (900, 600))
plotter = window.plotter
plotter.show(auto_close=False, interactive=False, interactive_update=True)
start = window.time
window._play()
time.sleep(0.5)
window._tick(0)
plotter.update(1)
assert window.time > start + 10, (start, window.time)
window._play()
now = window.time
window._tick(1)
assert window.time == now
window._step(10)
assert abs(window.time - now - 10) < 1e-6
window._faster(1)
assert window.speed == 120
window._next_colour()
assert window.colour == "utilisation"
low, high = window.stage.scene.machines[1].box
x, y = window.stage.camera.project(((low + high) / 2)[None], 900, 600)[0]
assert window.stage.machine_at(x, 600 - y) == 1
window._click((x, 600 - y))
assert window.chart
window._click((5, 595))
assert window.chart is None
assert plotter.screenshot(None, return_img=True).mean() > 100
plotter.close()
print("all well")
"""


def _opens() -> str:
    if shutil.which("Xvfb") is None:
        return "no Xvfb on the PATH (Debian: apt-get install xvfb)"
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = ":0"
    try:
        prepare(window=True)
    except MissingError as fault:
        return str(fault)
    finally:
        os.environ.pop("DISPLAY")
        if before is not None:
            os.environ["DISPLAY"] = before
    return ""


@pytest.mark.skipif(bool(_opens()), reason=_opens() or "-")
def test_plays_seeks_and_opens_charts_on_a_click():
    number = 60 + os.getpid() % 900
    server = subprocess.Popen(
        ["Xvfb", f":{number}", "-screen", "0", "1000x700x24"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 20
        while not Path(f"/tmp/.X11-unix/X{number}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        script = SCRIPT.format(root=str(ROOT), tests=str(ROOT / "tests"))
        env = {**os.environ, "DISPLAY": f":{number}"}
        env.pop("VTK_DEFAULT_OPENGL_WINDOW", None)
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=180, check=False
        )
        assert "all well" in done.stdout, done.stderr[-3000:]
    finally:
        server.kill()
        server.wait()


def test_in_a_notebook_it_is_the_page(monkeypatch):
    import builtins

    class ZMQInteractiveShell:
        pass

    monkeypatch.setattr(builtins, "get_ipython", ZMQInteractiveShell, raising=False)
    found = show(story())
    assert isinstance(found, Notebook)
    assert "srcdoc=" in found._repr_html_()
