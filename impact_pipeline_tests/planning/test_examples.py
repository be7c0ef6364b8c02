"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import impact_pipeline.planning

PACKAGE = impact_pipeline.planning
MODULES = [module.name for module in pkgutil.iter_modules(PACKAGE.__path__, f"{PACKAGE.__name__}.")]


@pytest.mark.parametrize("module", [*MODULES, "impact_pipeline.catalog.effect_size"])
def test_examples_run_as_written(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
