"""What holds for every test: strict shapes, repeatable examples, and compiled code kept between runs."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # jax 0.10.1 logs a false error at every hit in its cache

import hypothesis
import jax
import pytest


def keep_compiled_code() -> None:
    """Let JAX keep what it compiles in a folder of this user's below the temporary one."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"linetwin-tests-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if user in (0, folder.stat().st_uid):  # compiled code of somebody else is not run
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


keep_compiled_code()
jax.config.update("jax_numpy_rank_promotion", "raise")

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True, scope="module")
def _forget_compiled_programs() -> Iterator[None]:
    """Hundreds of compiled programs in one process use up the memory maps that Linux grants it (vm.max_map_count)."""
    yield
    jax.clear_caches()
