"""Four means on repeated cross-sections: Kiel and McClain's table, and refusals."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.followed_units import answered, asked, panel, sections

DATA = Path(__file__).parents[2] / "analysis" / "data"
HOUSE = ("age", "agesq", "intst", "land", "area", "rooms", "baths")
CENT = 0.01


def _houses(covariates: tuple[str, ...]) -> CrossSection:
    with (DATA / "did_kielmc.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    column = {name: np.array([float(row[name]) for row in rows]) for name in (*HOUSE, "rprice", "nearinc", "y81")}
    return CrossSection(
        column["rprice"], column["nearinc"], {name: column[name] for name in covariates}, after=column["y81"]
    )


def _effect(found: Effects, name: str = "main") -> Effect:
    one = found.main if name == "main" else found.others[name]
    assert isinstance(one, Effect), one
    return one


@pytest.mark.parametrize(
    ("covariates", "value", "error"),
    [((), -11863.90, 7456.65), (HOUSE[:2], -21920.27, 6359.75), (HOUSE, -14177.93, 4987.27)],
)
def test_house_prices_are_those_of_wooldridge(covariates: tuple[str, ...], value: float, error: float) -> None:
    """Wooldridge, Introductory Econometrics, table 13.2, on Kiel and McClain (1995)."""
    found = _effect(answered(asked(_houses(covariates), estimator="group_means", errors="classical")))
    assert (found.value, found.std_error) == pytest.approx((value, error), abs=CENT)


def test_the_unadjusted_difference_stands_beside_the_adjusted_one() -> None:
    found = answered(asked(_houses(HOUSE), estimator="group_means", errors="classical"))
    assert _effect(found, "unadjusted").value == pytest.approx(-11863.90, abs=CENT)
    assert _effect(found).method == "difference of four means, adjusted, classical"
    assert found.numbers["rows treated after"] == 40
    assert "coefficient baths" in found.numbers
    assert found.counts == {"treated": 96, "untreated": 225}


def test_mean_of_the_treated_and_without_differ_by_the_effect() -> None:
    main = _effect(answered(asked(sections(), estimator="group_means")))
    assert main.treated is not None
    assert main.untreated is not None
    assert main.treated - main.untreated == pytest.approx(main.value)


def test_a_panel_is_refused_with_what_to_choose() -> None:
    found = answered(asked(panel(), estimator="group_means")).main
    assert isinstance(found, Refusal)
    assert "two_way_fixed_effects" in found.detail


def test_an_empty_group_is_refused_with_its_rows() -> None:
    sample = sections()
    found = answered(asked(replace(sample, treatment=sample.treatment * 0), estimator="group_means")).main
    assert isinstance(found, Refusal)
    assert found.detail.startswith("0 rows are treated before")
