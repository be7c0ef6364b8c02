from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version

import numpy as np

from impact_pipeline.governance.environment import Environment, changes, environment_here


def test_the_environment_is_that_of_this_process() -> None:
    here = environment_here()
    assert here.python == platform.python_version()
    assert here.libraries["numpy"] == np.__version__
    assert here.libraries["scipy"] == version("scipy")
    assert here.blas_threads == 1
    assert len(here.lock) in (0, 16)


def test_rows_for_readers_leave_out_what_is_not_known() -> None:
    here = Environment("3.11.7", "Linux x86_64", {"scipy": "1.17", "numpy": "2.4"}, "openblas 0.3", 1, "ab12")
    assert here.as_rows() == [
        ("Python", "3.11.7 on Linux x86_64"),
        ("Libraries", "numpy 2.4, scipy 1.17"),
        ("Linear algebra", "openblas 0.3, threads: 1"),
        ("Lock file", "ab12"),
    ]
    assert [label for label, _ in replace(here, blas="", lock="").as_rows()] == ["Python", "Libraries"]


def test_changes_are_told_by_name() -> None:
    before = Environment("3.11.7", "Linux", {"numpy": "2.4", "scipy": "1.17"}, "openblas", 1, "ab")
    after = replace(before, libraries={"numpy": "2.5", "pyarrow": "26"}, blas_threads=2)
    assert changes(before, before) == ()
    assert changes(before, after) == (
        "blas_threads was 1 and is 2",
        "numpy was 2.4 and is 2.5",
        "pyarrow was not there and is 26",
        "scipy was 1.17 and is not there",
    )
