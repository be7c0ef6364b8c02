"""The examples in docstrings are true, wherever in the package they stand."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import impact_pipeline

ROOT = Path(impact_pipeline.__path__[0])
MODULES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run_as_written(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 0
    assert found.failed == 0


def test_examples_are_found() -> None:
    assert {"impact_pipeline.stats.moments", "impact_pipeline.catalog.metrics.mean"} < set(MODULES)
