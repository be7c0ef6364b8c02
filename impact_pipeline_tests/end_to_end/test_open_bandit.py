"""The Open Bandit study on the bundled real data against scipy and statsmodels run by hand on the raw rows."""

from __future__ import annotations

import math
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.defs.night import operating
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.end_to_end.company import KEY, ROOT, nightly
from impact_pipeline_tests.registered import register_all

STUDY, DATASET = "open_bandit_bts_vs_random", "open_bandit_impressions"
LAST_NIGHT = date(2019, 11, 30)
DOCUMENTS = (
    "sources/open_bandit.yaml", f"contracts/{DATASET}.yaml", "facts/impressions.yaml", "metrics/click_through.yaml",
    "models/fashion_recommender.yaml", f"studies/{STUDY}.yaml",
)  # fmt: skip
Clicks = NDArray[np.float64]
TOLERANCE = 1e-9
"""Both sides are sums of 60,000 zeros and ones, divided and rooted a few times in double precision."""

SEGMENTS = [
    ("", ""), ("campaign", "all"), ("campaign", "men"), ("campaign", "women"), ("position", "1"), ("position", "2"),
    ("position", "3"),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six days loaded, then the seventh night as it runs."""
    home = tmp_path_factory.mktemp("open_bandit")
    shutil.copytree(ROOT / "data" / "raw" / "open_bandit", home / "raw" / "open_bandit")
    for name in DOCUMENTS:
        (home / "catalog" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "data" / "catalog" / name, home / "catalog" / name)
    register_all(home, at=datetime(2019, 11, 23, tzinfo=UTC))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPACT_PSEUDONYM_KEY", KEY)
        with operating(home, threads=2) as operator:
            for days_before in range(6, 0, -1):
                operator.data("open_bandit", LAST_NIGHT - timedelta(days=days_before))
        nightly(home, LAST_NIGHT)
    return home


@pytest.fixture(scope="module")
def card(home: Path) -> Scorecard:
    return current_scorecard(Lake(home), STUDY)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    files = sorted((ROOT / "data" / "raw" / "open_bandit" / "impressions").glob("*.parquet"))
    return pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)


def clicks(raw: pd.DataFrame, segment: tuple[str, str]) -> tuple[Clicks, Clicks]:
    """Clicks of the treatment's and of the control's impressions."""
    column, value = segment
    rows = raw if not column else raw[raw[column].astype(str) == value]
    treatment, control = (rows.loc[rows["policy"] == policy, "click"].to_numpy(float) for policy in ("bts", "random"))
    return treatment, control


def estimate(card: Scorecard, segment: tuple[str, str]) -> Estimate:
    (found,) = [result for result in card.estimates.results if result.segment == segment]
    assert isinstance(found, Estimate)
    return found


def close(value: float) -> object:
    return pytest.approx(value, rel=TOLERANCE, abs=1e-15)


def test_every_row_of_the_sample_reaches_the_study(card: Scorecard, raw: pd.DataFrame) -> None:
    assert len(raw) == 60_000
    assert card.exposed_per_arm == {"random": 30_000, "bts": 30_000}
    assert (card.as_of, card.verdict.final, card.mixed_units) == (LAST_NIGHT, True, 0)
    assert sorted({result.segment for result in card.estimates.results}) == SEGMENTS


@pytest.mark.parametrize("segment", SEGMENTS)
def test_estimates_are_those_of_scipy_and_statsmodels(
    card: Scorecard, raw: pd.DataFrame, segment: tuple[str, str]
) -> None:
    treatment, control = clicks(raw, segment)
    welch = stats.ttest_ind(treatment, control, equal_var=False)
    means = CompareMeans(DescrStatsW(treatment), DescrStatsW(control))
    found = estimate(card, segment)
    assert dict(found.n_per_arm) == {"bts": len(treatment), "random": len(control)}
    assert found.means["bts"] == close(treatment.mean())
    assert found.means["random"] == close(control.mean())
    assert found.value == close(treatment.mean() - control.mean())
    assert found.std_error == close(means.std_meandiff_separatevar)
    assert found.degrees_of_freedom == close(welch.df)
    assert found.p_value == close(welch.pvalue)
    assert (found.interval.lower, found.interval.upper) == close(means.tconfint_diff(0.05, usevar="unequal"))


@pytest.mark.parametrize("segment", SEGMENTS)
def test_the_lift_and_its_interval_follow_from_the_means(
    card: Scorecard, raw: pd.DataFrame, segment: tuple[str, str]
) -> None:
    """Fieller's limits, found here as the lifts that a test of `treatment - (1 + lift) * control` just rejects."""
    treatment, control = clicks(raw, segment)
    found = estimate(card, segment)
    relative = found.relative
    if relative is None:
        assert found.relative_refused
        return
    assert relative.value == close(treatment.mean() / control.mean() - 1)
    for limit in (relative.interval.lower, relative.interval.upper):
        assert limit == close(root(treatment, control, near=limit))


def root(treatment: Clicks, control: Clicks, near: float) -> float:
    """The lift near the given one as far from the data as the difference's own critical value of Student's t."""
    variances = [sample.var(ddof=1) / len(sample) for sample in (treatment, control)]
    critical = stats.t.ppf(0.975, stats.ttest_ind(treatment, control, equal_var=False).df)

    def excess(lift: float) -> float:
        distance = abs(treatment.mean() - (1 + lift) * control.mean())
        return float(distance / math.sqrt(variances[0] + (1 + lift) ** 2 * variances[1]) - critical)

    return float(optimize.brentq(excess, near - 0.01, near + 0.01, xtol=1e-14, rtol=1e-14))


def test_the_sample_ratio_is_that_of_the_largest_e_value_and_of_a_chi_square_test(
    card: Scorecard, raw: pd.DataFrame
) -> None:
    (finding,) = [finding for finding in card.findings if finding.diagnostic == "sample_ratio"]
    so_far = raw.groupby([raw["impressed_at"].dt.date, raw["policy"]]).size().unstack().cumsum().to_numpy()
    mixed = stats.dirichlet_multinomial.logpmf(so_far, [500, 500], so_far.sum(axis=1))
    evidence = mixed - stats.multinomial.logpmf(so_far, so_far.sum(axis=1), [0.5, 0.5])
    assert finding.statistic == close(min(1.0, math.exp(-evidence.max())))
    expected = stats.chisquare(so_far[-1])
    assert finding.details["chi_square_p_value"] == close(float(expected.pvalue))
    assert finding.details["chi_square"] == close(float(expected.statistic))


def test_random_halves_of_the_real_impressions_differ_about_as_often_as_they_should(card: Scorecard) -> None:
    (finding,) = [finding for finding in card.findings if finding.diagnostic == "aa_simulation"]
    assert finding.passed is True
    assert 0.01 < float(finding.details["rate click_through"]) < 0.12
