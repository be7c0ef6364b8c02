"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import impact_pipeline.analysis

MODULES = [m.name for m in pkgutil.iter_modules(impact_pipeline.analysis.__path__, "impact_pipeline.analysis.")]


@pytest.mark.parametrize("module", MODULES)
def test_examples_run_as_written(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
