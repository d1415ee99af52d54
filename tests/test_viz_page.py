"""The page in a real browser: ready, play, seek, pick, compare, at desk and phone width, asking for nothing."""

import base64
import gzip
import html
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, MISSING, Browser
from shown import LINE, story

import twin
from twin.segments import STATES
from viz.charts import CHARTS
from viz.page import page, page_text
from viz.story import story_of
from viz.window import Notebook

DATA = re.compile(r'id="data"[^>]*>([^<]*)<')
chromium = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
SIZES = [(1280, 720), (390, 844)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return page(story(), tmp_path_factory.mktemp("page") / "line.html", begin=5000.0)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    more = twin.read_line(LINE.replace("machines = 2", "machines = 3"))
    other = story_of(twin.simulate(more, horizon=7200.0, replications=2, seed=3), 1)
    path = tmp_path_factory.mktemp("page") / "pair.html"
    return page(story(), path, compare=other, titles=("two mills", "three mills"), begin=5000.0)


def opened(path, size, **how):
    browser = Browser(*size, phone=size[0] < 600, **how)
    browser.open(path.as_uri())
    browser.wait("document.documentElement.dataset.ready === 'yes'")
    return browser


@chromium
@pytest.mark.parametrize("size", SIZES)
def test_it_plays_seeks_and_picks_without_a_word_or_a_request(alone, size):
    with opened(alone, size) as browser:
        assert browser.evaluate("linetwin.time") == 5000
        browser.evaluate("linetwin.play(true)")
        browser.wait("linetwin.time > 5010")
        browser.evaluate("linetwin.play(false)")
        box = json.loads(browser.evaluate("JSON.stringify(document.getElementById('gantt').getBoundingClientRect())"))
        browser.click(box["left"] + box["width"] / 2, box["top"] + 10)
        browser.wait("Math.abs(linetwin.time - 3300) < 700")
        corner = browser.evaluate("document.getElementById('gl').getBoundingClientRect().top")
        x, y, _ = browser.evaluate(
            "(b => linetwin.onScreen([(b[0] + b[3]) / 2, b[1], 0.5 * b[5]]))(linetwin.machineBoxes()[1])"
        )
        browser.click(x, y + corner)
        browser.wait("!document.getElementById('pick').hidden")
        assert re.search(r"Mill 1|Part \d+", browser.evaluate("document.getElementById('pick').innerText"))
        browser.evaluate("linetwin.seek(5000)")
        browser.wait("linetwin.parts().length > 3")
        browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        x, y, _ = browser.evaluate("(p => linetwin.onScreen([p[1], p[2], p[3] + 0.1]))(linetwin.parts()[0])")
        browser.evaluate(f"linetwin.choose({x}, {y})")
        assert "Part" in browser.evaluate("document.getElementById('pick').innerText")
        wide = browser.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]
        assert browser.said == []
        assert browser.asked == [alone.as_uri()]


@chromium
def test_parts_and_states_are_those_of_the_story(alone):
    with opened(alone, (800, 600)) as browser:
        for time in np.random.default_rng(3).uniform(0, 7200, 40):
            found = browser.evaluate(f"(linetwin.seek({time}), [linetwin.parts(), linetwin.states()])")
            frame = story().at(float(time))
            assert [STATES[s] for s in frame.states] == found[1]
            numbers = story().tracks.part[frame.parts].tolist()
            seen = {part: place for part, *place in found[0]}
            assert sorted(numbers) == sorted(seen)
            np.testing.assert_allclose([seen[number] for number in numbers], frame.places, atol=0.02)


@chromium
@pytest.mark.parametrize("size", SIZES)
def test_two_runs_side_by_side_on_one_clock(pair, size):
    with opened(pair, size) as browser:
        browser.evaluate("linetwin.side(true)")
        assert browser.evaluate("linetwin.both")
        browser.wait("document.getElementById('pane1').textContent === 'three mills'")
        assert browser.evaluate("[linetwin.states(0).length, linetwin.states(1).length]") == [6, 7]
        assert "|" in browser.evaluate("document.getElementById('cards').innerText")
        browser.picture()
        assert browser.said == []
        assert browser.asked == [pair.as_uri()]


@chromium
def test_it_runs_in_a_sandboxed_frame_as_a_notebook_shows_it(tmp_path):
    frame = Notebook(story())._repr_html_()
    assert 'sandbox="allow-scripts"' in frame
    watch = "<script>addEventListener('message', e => { document.title = e.data })</script>"
    tell = "parent.postMessage(document.documentElement.dataset.ready || '', '*')"
    told = html.escape(f"<script>setInterval(() => {tell}, 50)</script></body>", quote=True)
    path = tmp_path / "notebook.html"
    path.write_text(
        f"<!doctype html><title>-</title>{watch}{frame.replace(html.escape('</body>'), told)}", encoding="utf-8"
    )
    with Browser(900, 700) as browser:
        browser.open(path.as_uri())
        browser.wait("document.title === 'yes'")
        assert browser.said == []


@chromium
def test_keys_move_the_clock_and_change_colour(alone):
    with opened(alone, (1000, 700)) as browser:
        browser.key("ArrowRight")
        browser.wait("linetwin.time === 5010")
        browser.key("c")
        assert browser.evaluate("document.getElementById('colour').value") == "utilisation"
        browser.key(" ")
        browser.wait("linetwin.playing")
        browser.key(" ")
        browser.wait("!linetwin.playing")
        said = browser.evaluate("document.getElementById('say').textContent")
        assert "Mill:" in said  # for screen readers
        assert browser.evaluate("document.getElementById('gantt').getAttribute('aria-valuenow')").isdigit()
        browser.evaluate("linetwin.charts(true)")
        browser.wait("document.querySelectorAll('#table tbody tr').length === 6")


@chromium
def test_light_and_dark_follow_the_system(alone):
    back = "getComputedStyle(document.body).backgroundColor"
    with opened(alone, (600, 500)) as light, opened(alone, (600, 500), dark=True) as dark:
        assert light.evaluate(back) == "rgb(230, 233, 237)"
        assert dark.evaluate(back) == "rgb(20, 24, 29)"


def test_it_holds_everything_and_names_no_address(alone):
    text = alone.read_text(encoding="utf-8")
    said = re.sub(r'id="data"[^>]*>[^<]*<', "<", text)
    assert not re.search(r"https?:|src=|@import|url\(", said)
    assert "default-src 'none'" in text
    assert len(text) < 1.5e6


def test_names_cannot_break_out(tmp_path):
    name = '</script><img src=x onerror=alert(1)> "\u00e4"'
    line = twin.read_line(LINE.replace('"shown"', json.dumps(name)).replace('"Mill"', json.dumps("a<b&c")))
    text = page_text([story_of(twin.simulate(line, horizon=600.0))], title=name)
    assert "<img" not in text
    assert "a<b" not in re.sub(r'id="data"[^>]*>[^<]*<', "<", text)
    packed = gzip.decompress(base64.b64decode(DATA.findall(text)[0]))
    header = json.loads(packed[4 : 4 + int.from_bytes(packed[:4], "little")])
    assert header["title"] == name
    assert header["runs"][0]["stations"][1] == "a<b&c"


def test_every_chart_is_drawn_where_the_run_tells_of_it():
    drawn = {name: chart(story()) for name, chart in CHARTS.items()}
    assert all(text is not None and text.count("<svg") >= 1 for text in drawn.values()), drawn.keys()
    bare = twin.simulate(twin.load_line("reference"), horizon=300.0)
    without = {name: chart(story_of(bare)) for name, chart in CHARTS.items()}
    assert {name for name, text in without.items() if text is None} == {
        "Load profile",
        "Electricity by station and state",
        "Quality along the line",
        "Scrap by cause",
    }


def test_a_page_needs_neither_vtk_nor_opengl(tmp_path):
    script = (
        "import sys\n"
        "for name in ('vtk', 'vtkmodules', 'pyvista', 'matplotlib'): sys.modules[name] = None\n"
        "import twin, viz\n"
        "trace = twin.simulate(twin.load_line('reference'), horizon=60.0)\n"
        f"print(viz.page(trace, {str(tmp_path / 'page.html')!r}))\n"
        f"print(viz.export(trace, {str(tmp_path / 'line.glb')!r}, end=30.0))\n"
    )
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True, capture_output=True)
    assert (tmp_path / "page.html").stat().st_size > 100_000
    assert (tmp_path / "line.glb").stat().st_size > 100_000
