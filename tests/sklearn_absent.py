"""scikit-learn is an extra: tests that need it skip, by name, where it is absent."""

import importlib
from types import ModuleType

import pytest


def sklearn_or_skip(module: str) -> ModuleType:
    pytest.importorskip("sklearn", reason="scikit-learn is not here: pip install linetwin[trust]")
    return importlib.import_module(f"sklearn.{module}")
