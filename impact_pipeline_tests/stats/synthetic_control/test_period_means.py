from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.period_means import judged_within, period_place, with_period_means
from impact_pipeline_tests.stats.synthetic_control.panels import block, california_with_covariates


def test_period_place_reads_numbers_text_and_days() -> None:
    assert period_place(("1988.0", "1989.0"), 1989) == 1
    assert period_place(("2024-01-01", "2024-02-01"), date(2024, 2, 1)) == 1
    assert period_place(("2020Q1",), "2020Q1") == 0
    assert period_place(("1988", "1989"), "1990") is None


def test_period_means_are_those_of_the_span() -> None:
    panel = california_with_covariates()
    found = with_period_means(block(panel), panel, {"beer": (1984, 1988)}, (1975,))
    assert isinstance(found, Block)
    beer = panel.matrix(panel.covariates["beer"])[panel.units.index("California"), 14:19]
    assert found.target_predictors.tolist() == pytest.approx([beer.mean(), found.target[5]])


def test_judged_within_keeps_the_span_alone() -> None:
    found = judged_within(block(california_with_covariates()), (1980, 1988))
    assert isinstance(found, Block)
    assert np.flatnonzero(found.judged).tolist() == list(range(10, 19))


@pytest.mark.parametrize(
    ("covariates", "lagged", "told"),
    [
        ({"wine": (1980, 1988)}, (), "predictor 'wine' is no covariate of the sample; it has lnincome, beer"),
        ({"beer": (1980, 1988)}, (), "predictor 'beer' lacks values in its periods for 39 units"),
        ({"retprice": (1980, 1990)}, (), "'retprice': the change begins in period 1989.0"),
        ({"retprice": (1985, 1980)}, (), "period 1980 comes before 1985"),
        ({}, (1960,), "'outcome 1960': the sample has no period 1960; its periods run from 1970.0 to 2000.0"),
    ],
)
def test_period_means_refuse_what_they_cannot_average(
    covariates: dict[str, tuple[int, int]], lagged: tuple[int, ...], told: str
) -> None:
    panel = california_with_covariates()
    found = with_period_means(block(panel), panel, covariates, lagged)
    assert isinstance(found, Refusal)
    assert told in found.detail
