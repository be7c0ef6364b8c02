from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Balance
from impact_pipeline.diagnostics.causal.instrument_balance import InstrumentBalance
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.diagnostics.causal.instrumented import checked, sample


def probe(section: CrossSection, seed: int, *, pull: float = 0.0) -> CrossSection:
    """A negative control; with `pull` the first instrument reaches it."""
    noise = np.random.default_rng([3, seed]).normal(size=len(section))
    return replace(section, outcome=noise + section.covariates["x0"] + pull * section.instruments["z0"])


def test_controls_that_instruments_do_not_explain_pass() -> None:
    section = sample(1)
    found = checked(InstrumentBalance(), section, {"age": probe(section, 1)}).finding
    assert (found.passed, found.consequence) == (True, "never_ship")


def test_a_control_that_an_instrument_explains_fails_and_is_named() -> None:
    section = sample(1)
    probes = {"age": probe(section, 1), "wage before": probe(section, 2, pull=0.5)}
    found = checked(InstrumentBalance(), section, probes).finding
    assert found.passed is False
    assert "'wage before' has the smallest p-value" in found.sentence
    assert set(found.details) == {"age", "wage before"}


def test_without_controls_covariates_are_shown_and_cost_nothing() -> None:
    section = sample(2)
    shifted = replace(section, instruments={"z": section.instruments["z0"] + section.covariates["x0"]})
    found = checked(InstrumentBalance(), shifted)
    (balance,) = found.exhibits
    assert isinstance(balance, Balance)
    assert (found.finding.passed, found.finding.consequence) == (None, "none")
    assert {row.covariate for row in balance.rows} == {"x0", "x1"}
    assert abs(balance.rows[0].before) > 0.5
    assert "covariates differ with the instruments" in found.finding.sentence


def test_rows_name_the_instrument_where_there_are_several() -> None:
    (balance,) = checked(InstrumentBalance(), sample(3, instruments=2)).exhibits
    assert isinstance(balance, Balance)
    assert [row.covariate for row in balance.rows] == ["x0 by z0", "x1 by z0", "x0 by z1", "x1 by z1"]


def test_without_covariates_and_controls_there_is_nothing_to_compare() -> None:
    found = checked(InstrumentBalance(), replace(sample(4), covariates={}))
    assert found.exhibits == ()
    assert "no covariate and no negative control" in found.finding.sentence


def test_a_control_that_does_not_vary_is_passed_over() -> None:
    section = sample(5)
    constant = replace(section, outcome=np.ones(len(section)))
    assert checked(InstrumentBalance(), section, {"constant": constant}).finding.passed is None


@pytest.mark.slow
def test_about_one_in_twenty_valid_samples_fails() -> None:
    failed = 0
    for seed in range(400):
        section = sample(seed, n=300)
        probes = {f"control {place}": probe(section, 1000 * place + seed) for place in range(3)}
        failed += checked(InstrumentBalance(), section, probes).finding.passed is False
    assert 5 <= failed <= 36
