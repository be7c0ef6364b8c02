from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sqlglot import exp

from impact_pipeline.outcomes.cross_products import CrossProducts, cross_products
from impact_pipeline_tests.small_shop import ENGINE


def found_in(columns: dict[str, list[int]], names: list[str], cohorts: list[int]) -> CrossProducts:
    table = pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
    with ENGINE.session({"made": table}) as session:
        session.keep("wide", exp.select("*").from_("made"))
        return cross_products(session, names, cohorts)


def test_cross_products_are_those_of_the_cohorts_asked_for() -> None:
    found = found_in({"cohort": [0, 0, 1, 2], "v0": [1, 2, 3, 100], "v1": [4, 0, -1, 100]}, ["v0", "v1"], [0, 1])
    assert (found.n, found.sums.tolist()) == (3, [6, 3])
    assert found.products.tolist() == [[14, 1], [1, 17]]


def test_products_beyond_64_bits_are_exact() -> None:
    found = found_in({"cohort": [0, 0], "v0": [2**40, 2**40 + 1]}, ["v0"], [0])
    assert found.products.tolist() == [[2**80 + (2**40 + 1) ** 2]]


def test_covariances_are_those_of_the_sample() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.integers(-50, 10_000, (3, 40))
    names = ["a", "b", "c"]
    columns = {"cohort": [0] * 40, **{name: row.tolist() for name, row in zip(names, drawn, strict=True)}}
    assert found_in(columns, names, [0]).covariance() == pytest.approx(np.cov(drawn), rel=1e-12)


def test_no_unit_has_no_covariance() -> None:
    found = found_in({"cohort": [0], "v0": [3]}, ["v0"], [5])
    assert (found.n, found.covariance().tolist()) == (0, [[0.0]])
