"""Small tables of any numbers, asked anything that fits their design: an answer or a refusal, and never a crash."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from impact_pipeline.errors import InputError
from impact_pipeline.estimators.base import Estimate
from impact_pipeline_tests.analysis.tables import AB, answer_of, specified

SEEDS = 80
MEAN = {"type": "mean", "value": "y"}
OF_ARMS: tuple[dict[str, Any], ...] = (
    MEAN,
    {**MEAN, "covariates": ["x", "z"]},
    {**MEAN, "covariates": ["x"], "estimator": "regression_adjustment"},
    {**MEAN, "cap_percentile": 0.9},
    {"type": "proportion", "value": "met"},
    {"type": "ratio", "numerator": "y", "denominator": "d"},
    {"type": "ratio", "numerator": "y", "denominator": "d", "covariates": ["x"]},
    {"type": "quantile", "value": "y", "quantile": 0.9},
    {"type": "quantile", "value": "y", "ties": "rounded"},
    {"type": "counted_proportion", "units": "d", "successes": "y"},
    {"type": "summed_mean", "units": "d", "sum": "y", "sum_of_squares": "x"},
)
OF_ROWS = tuple({**MEAN, "errors": errors, "covariates": ["x"]} for errors in ("classical", "HC1", "HC3"))
OF_CLUSTERS = (MEAN, {**MEAN, "errors": "wild_bootstrap"}, OF_ARMS[4], OF_ARMS[5])
DESIGNS: tuple[tuple[dict[str, Any], tuple[dict[str, Any], ...]], ...] = (
    (AB, OF_ARMS + OF_ROWS),
    ({**AB, "strata": ["s"]}, OF_ARMS),
    ({**AB, "shares": {"a": 0.5, "b": 0.5, "c": 0.0}}, OF_ARMS),
    ({**AB, "cluster": "c"}, OF_CLUSTERS),
    ({"type": "one_sample", "bootstrap": {"draws": 100}}, (MEAN, OF_ARMS[4], OF_ARMS[5], OF_ARMS[7], OF_ARMS[9])),
    ({"type": "regression", "treatments": ["x", "z"]}, (MEAN, OF_ARMS[4], OF_ARMS[7])),
    ({"type": "regression", "treatments": ["x"], "clusters": ["c"], "errors": "CR2"}, (MEAN,)),
    ({"type": "regression", "treatments": ["x"], "clusters": ["c"], "errors": "wild_bootstrap"}, (MEAN,)),
)


def column(rng: Generator, rows: int) -> NDArray[np.float64]:
    """Whole numbers, negative ones, constants, huge and tiny ones, some missing."""
    kinds = (
        rng.integers(0, 2, rows), rng.integers(-3, 4, rows), rng.normal(size=rows), np.zeros(rows), np.full(rows, 0.1),
        rng.normal(size=rows) * 1e12, rng.normal(size=rows) * 1e-12, rng.exponential(size=rows).round(2),
        np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 5, rows)),
    )  # fmt: skip
    return np.asarray(kinds[rng.integers(len(kinds))], dtype=np.float64)


def table(rng: Generator) -> dict[str, Any]:
    rows = int(rng.choice([1, 2, 3, 4, 5, 8, 20, 60]))
    cluster = rng.integers(0, rng.integers(1, 8), rows)
    arm = np.array(["a", "b", "c"])[cluster % 2 if rng.random() < 0.5 else rng.integers(0, rng.integers(1, 4), rows)]
    labels = {"arm": arm, "c": cluster, "s": np.array(["x", "y"])[rng.integers(0, 2, rows)]}
    return labels | {"met": rng.random(rows) < 0.3} | {name: column(rng, rows) for name in "yxzd"}


@pytest.mark.parametrize(("design", "metrics"), DESIGNS, ids=range(len(DESIGNS)))
def test_any_table_ends_in_an_answer_or_a_refusal(design: dict[str, Any], metrics: tuple[dict[str, Any], ...]) -> None:
    answered = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        metric = {**metrics[rng.integers(len(metrics))], "missing": "drop"}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                answer = answer_of(specified(metric, design=design), **table(rng))
            except InputError:
                continue
        answer.as_json()
        answered += 1
        for result in answer.results:
            if isinstance(result, Estimate):
                assert result.interval.lower <= result.value <= result.interval.upper
                assert (result.p_value <= 0.05) == (not result.interval.lower <= 0 <= result.interval.upper)
    assert answered > SEEDS / 10
