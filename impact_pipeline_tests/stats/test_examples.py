"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import impact_pipeline.decisions
import impact_pipeline.diagnostics
import impact_pipeline.estimators
import impact_pipeline.kpis
import impact_pipeline.stats

PACKAGES = (
    impact_pipeline.stats,
    impact_pipeline.estimators,
    impact_pipeline.diagnostics,
    impact_pipeline.kpis,
    impact_pipeline.decisions,
)
MODULES = [m.name for p in PACKAGES for m in pkgutil.iter_modules(p.__path__, f"{p.__name__}.")]


@pytest.mark.parametrize("module", MODULES)
def test_examples_run_as_written(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
