"""A trace as pictures: the line in 3D at any moment, in a window, on a page, in a film. Knows `twin` only.

Nothing is imported before it is used: PyVista takes a second, and a page needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viz.export import export
    from viz.opengl import MissingError
    from viz.page import page
    from viz.picture import movie, screenshot
    from viz.story import Frame, Story, story_of
    from viz.window import show

__all__ = ["Frame", "MissingError", "Story", "export", "movie", "page", "screenshot", "show", "story_of"]

_HOME = {
    "Frame": "viz.story",
    "MissingError": "viz.opengl",
    "Story": "viz.story",
    "export": "viz.export",
    "movie": "viz.picture",
    "page": "viz.page",
    "screenshot": "viz.picture",
    "show": "viz.window",
    "story_of": "viz.story",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
