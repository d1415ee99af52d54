"""How JAX compiles for the command: a loop as one function, and kept, so that a second start needs no compiler."""

from __future__ import annotations

import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

__all__ = ["LARGEST", "cache_folder", "compile_whole_loops", "keep_compiled_code", "prepare_jax", "trim"]

WHOLE_LOOPS = "xla_cpu_small_while_loop_byte_threshold"

_WITHOUT_LIBRARY = "xla_cpu_experimental_ynn_fusion_type"
"""Empty, it keeps products of matrices in the loop, which ends at a call of a library. Told only to the versions that
are known to know it, because XLA stops at an option that it does not know."""

LARGEST = 500_000_000
"""Bytes of compiled code that are kept: some thousand programs."""


def cache_folder() -> Path:
    """The folder for compiled code: `linetwin/jax` where this system keeps caches.

    That is $XDG_CACHE_HOME or ~/.cache; on Windows %LOCALAPPDATA%. A relative $XDG_CACHE_HOME is ignored, as the XDG
    base directory specification (0.8) asks.

    Raises:
        RuntimeError: this user has no home.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = (
            Path(os.environ.get("LOCALAPPDATA", ""), "Cache")
            if sys.platform == "win32"
            else Path("~/.cache").expanduser()
        )
    return base / "linetwin" / "jax"


def compile_whole_loops() -> None:
    """Let XLA compile a loop on a CPU as one function instead of a task for each operation: half the CPU time.

    Must run before the first compilation. It holds for the whole process and keeps large operations in loops on one
    core, so it is for processes that only simulate. An option of that name in XLA_FLAGS stays.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        flags = f"{flags} --xla_backend_extra_options={WHOLE_LOOPS}={2**40}"
    if _WITHOUT_LIBRARY not in flags and version("jaxlib").startswith("0.10."):
        flags = f"{flags} --{_WITHOUT_LIBRARY}="
    os.environ["XLA_FLAGS"] = flags.strip()


def prepare_jax() -> None:
    """Set JAX up for a command: whole loops, compiled code that is kept. Must run before `twin` is imported."""
    compile_whole_loops()
    keep_compiled_code()


def keep_compiled_code() -> None:
    """Let JAX keep what it compiles; without a folder of this user's own that can be written, it compiles every time.

    Must run before the first compilation, which decides for good whether there is a cache: before `twin` is imported. A
    folder that is set already (JAX_COMPILATION_CACHE_DIR) stays.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # jax 0.10.1 logs a false error at every hit in its cache
    import jax  # noqa: PLC0415  takes half a second

    if getattr(jax.config, "jax_compilation_cache_dir", None):
        return
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache entry")
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
        if not (mine and os.access(folder, os.W_OK)):  # compiled code of somebody else is not run
            return
        trim(folder)
    except (OSError, RuntimeError, ValueError):
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def trim(folder: Path, *, most: int = LARGEST) -> None:
    """Delete what was used least recently when a folder holds more than `most` bytes, until half of that is left."""
    found = [(entry.stat(), entry.path) for entry in os.scandir(folder) if entry.is_file()]
    files = sorted((max(stat.st_atime, stat.st_mtime), stat.st_size, path) for stat, path in found)
    left = sum(size for _, size, _ in files)
    if left <= most:
        return
    for _, size, path in files:
        if left <= most // 2:
            break
        Path(path).unlink(missing_ok=True)
        left -= size
