"""The line as a file for other programs: animated GLB, or USD."""

from __future__ import annotations

from pathlib import Path

from twin.trace import Trace
from viz.endings import GLB, USD
from viz.picture import story_from
from viz.story import Story

__all__ = ["export"]


def export(
    trace: Trace | Story,
    path: str | Path,
    *,
    begin: float = 0.0,
    end: float | None = None,
    speed: float = 1.0,
    replication: int = 0,
) -> Path:
    """Write the line and what happens in it.

    Args:
        trace: a run that kept its visits, or its story.
        path: .glb, or .usd, .usda or .usdc (needs usd-core).
        begin: from when on [s].
        end: until when [s]; the end of the run if nothing else is said.
        speed: seconds of the line in one second of the animation.
        replication: of which repetition.

    Returns:
        The path.

    Raises:
        ValueError: the kind of file is not known, or the span does not lie in the run.
        ModuleNotFoundError: a USD stage was asked for and usd-core is not installed.
        OSError: the file cannot be written; nothing is left behind.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (*GLB, *USD):
        raise ValueError(f"{path}: a line is written as .glb or {', '.join(USD)}; let the name end in one of these.")
    story = story_from(trace, replication)
    if suffix in GLB:
        from viz.glb import write_glb  # noqa: PLC0415  one of two

        return write_glb(story, path, begin=begin, end=end, speed=speed)
    from viz.usd import write_usd  # noqa: PLC0415  one of two

    return write_usd(story, path, begin=begin, end=end, speed=speed)
