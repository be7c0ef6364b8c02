from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare, dirichlet_multinomial, multinomial

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.sample_ratio import ALPHA, SampleRatio
from impact_pipeline_tests.diagnostics.false_alarms import alarm_rate, assert_kept, tell_rates
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, study

NEXT = START + timedelta(days=1)
ARMS = ("control", "treatment")
SAFARI, CHROME = ("browser", "safari"), ("browser", "chrome")


def checked(*groups: Group, found: Study | None = None) -> Finding:
    return SampleRatio().check(found or study(mean_metric()), Evidence(cells(*groups), START, {}))


def arms(**shares: float) -> dict[str, Any]:
    return {"type": "randomized", "arms": shares, "control": "control"}


def test_counts_that_fit_their_shares_pass() -> None:
    found = checked(exposed("control", 5000), exposed("treatment", 5100))
    assert found.passed is True
    assert found.sentence == (
        "The arms' units fit their planned shares (sequential p = 1; control 5,000 units, treatment 5,100 units)."
    )
    assert (found.threshold, found.consequence, found.details["degrees_of_freedom"]) == (0.0005, "invalidate", 1)
    assert found.details["chi_square_p_value"] == pytest.approx(chisquare([5000, 5100]).pvalue, rel=1e-9)


def test_the_mismatch_of_kohavi_invalidates() -> None:
    found = checked(exposed("control", 821_588), exposed("treatment", 815_482))
    assert found.passed is False
    assert found.details["chi_square_p_value"] == pytest.approx(1.8e-6, abs=6e-8)
    assert found.statistic == pytest.approx(by_hand([821_588, 815_482], [0.5, 0.5]), rel=1e-9)
    assert found.consequence == "invalidate"


def by_hand(counts: list[int], shares: list[float]) -> float:
    """1 / e: the multinomial probability of the counts over their Dirichlet-multinomial probability."""
    prior = [1000 * share for share in shares]
    planned = multinomial.logpmf(counts, sum(counts), shares)
    return float(np.exp(planned - dirichlet_multinomial.logpmf(counts, prior, sum(counts))))


def test_a_paused_arm_lends_no_degree_of_freedom() -> None:
    paused = study(mean_metric(), design=arms(control=0.5, other=0, treatment=0.5))
    found = checked(exposed("control", 50_700), exposed("treatment", 49_300), found=paused)
    assert found.details["chi_square_p_value"] == pytest.approx(9.5e-6, abs=5e-8)
    assert found.statistic == pytest.approx(by_hand([50_700, 49_300], [0.5, 0.5]), rel=1e-9)


def test_an_arm_that_got_nothing_invalidates() -> None:
    found = checked(exposed("control", 5000))
    assert (found.passed, found.consequence) == (False, "invalidate")


def test_an_alarm_stays_though_later_days_make_up_for_it() -> None:
    first = (exposed("control", 10_000), exposed("treatment", 9_000))
    then = (exposed("control", 9_000, NEXT), exposed("treatment", 10_000, NEXT))
    found = checked(*first, *then)
    assert found.details["chi_square"] == 0
    assert (found.passed, found.details["alarm_at"]) == (False, "2026-03-02")
    assert found.statistic == checked(*first).statistic


def test_a_mismatch_names_the_cohort_day_and_segment_value_that_explain_it() -> None:
    found = checked(
        exposed("control", 1000), exposed("treatment", 1000),
        exposed("control", 1000, NEXT), exposed("treatment", 700, NEXT),
        exposed("control", 900, segment=SAFARI), exposed("treatment", 600, segment=SAFARI),
        exposed("control", 1100, segment=CHROME), exposed("treatment", 1100, segment=CHROME),
    )  # fmt: skip
    assert found.passed is False
    assert found.sentence == (
        "The arms' units do not fit their planned shares"
        " (sequential p = 0.00015, alarm on 2026-03-03; control 2,000 units, treatment 1,700 units)."
        " 40.0 % of browser 'safari' came to treatment, planned were 50.0 % (p = 1.9e-14, corrected over 2);"
        " the other units fit their shares (p = 1)."
        " 41.2 % of cohort 2026-03-03 came to treatment, planned were 50.0 % (p = 6.9e-13, corrected over 2);"
        " the other units fit their shares (p = 1)."
    )
    assert found.details["worst_cohort_day"] == "cohort 2026-03-03"
    assert found.details["worst_segment"] == "browser 'safari'"
    assert found.details["worst_segment_p_value"] == pytest.approx(2 * chisquare([900, 600]).pvalue, rel=1e-9)


def test_a_mismatch_everywhere_says_that_the_others_do_not_fit_either() -> None:
    halves = [(SAFARI, 9_000), (CHROME, 11_000)]
    parts = [exposed(arm, n if arm == "control" else n * 9 // 10, segment=s) for s, n in halves for arm in ARMS]
    found = checked(exposed("control", 20_000), exposed("treatment", 18_000), *parts)
    assert "47.4 % of browser 'chrome' came to treatment" in found.sentence
    assert "the other units do not fit their shares either" in found.sentence
    assert "cohort" not in found.sentence.split(").", 1)[1]


RAMP = {
    "type": "staged_rollout",
    "control": "control",
    "phases": [
        {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
    ],
}


def test_a_ramp_is_judged_within_its_phases() -> None:
    ramp = study(mean_metric(), design=RAMP, days=2)
    first = (exposed("control", 9000), exposed("treatment", 1000))
    found = checked(*first, exposed("control", 5000, NEXT), exposed("treatment", 5000, NEXT), found=ramp)
    assert (found.passed, found.details["chi_square"], found.details["degrees_of_freedom"]) == (True, 0, 2)
    off = checked(*first, exposed("control", 5000, NEXT), exposed("treatment", 4500, NEXT), found=ramp)
    assert off.passed is False
    assert off.details["chi_square"] == pytest.approx(500**2 / 9500)
    evidence = by_hand([9000, 1000], [0.9, 0.1]) * by_hand([5000, 4500], [0.5, 0.5])
    assert off.statistic == pytest.approx(evidence, rel=1e-9)


def test_a_segment_value_is_judged_within_phases_too() -> None:
    ramp = study(mean_metric(), design=RAMP, days=2)
    late = [exposed("control", 5000, NEXT), exposed("treatment", 4500, NEXT)]
    parts = [
        exposed("control", 8000, segment=SAFARI), exposed("treatment", 889, segment=SAFARI),
        exposed("control", 1000, NEXT, SAFARI), exposed("treatment", 1000, NEXT, SAFARI),
        exposed("control", 1000, segment=CHROME), exposed("treatment", 111, segment=CHROME),
        exposed("control", 4000, NEXT, CHROME), exposed("treatment", 3500, NEXT, CHROME),
    ]  # fmt: skip
    found = checked(exposed("control", 9000), exposed("treatment", 1000), *late, *parts, found=ramp)
    assert found.details["worst_segment"] == "browser 'chrome'"
    assert found.details["worst_cohort_day"] == "cohort 2026-03-03"


def test_units_in_an_arm_without_a_share_invalidate() -> None:
    paused = study(mean_metric(), design=arms(control=0.5, other=0, treatment=0.5))
    found = checked(exposed("control", 500), exposed("treatment", 500), exposed("other", 20), found=paused)
    assert (found.passed, found.consequence) == (False, "invalidate")
    assert found.sentence == (
        "2.0 % of the units of a phase are in an arm that the plan gives no share"
        " (control 500 units, other 20 units, treatment 500 units)."
    )


def test_a_stray_unit_at_the_edge_of_a_phase_is_tolerated() -> None:
    paused = study(mean_metric(), design=arms(control=0.5, other=0, treatment=0.5))
    assert (
        checked(exposed("control", 5000), exposed("treatment", 5000), exposed("other", 1), found=paused).passed is True
    )


def test_before_any_exposure_nothing_is_judged() -> None:
    found = checked()
    assert (found.passed, found.statistic) == (None, None)
    assert found.sentence == (
        "No unit yet to compare the arms with their planned shares (control 0 units, treatment 0 units)."
    )


def test_a_loss_of_two_per_cent_of_a_million_units_is_found_and_of_one_per_cent_mostly() -> None:
    rng = np.random.default_rng(3)
    lost = {kept: p_values(rng, 40, (0.5, 0.5), units=33_333, logged=(1.0, kept)) for kept in (0.98, 0.99)}
    assert alarm_rate(lost[0.98], ALPHA) == 1.0
    assert 0.4 <= alarm_rate(lost[0.99], ALPHA) <= 0.9


def p_values(
    rng: np.random.Generator, draws: int, shares: tuple[float, ...], *, units: int = 2000, logged: Sequence[float] = ()
) -> list[float]:
    """The diagnostic's p at the last of thirty nightly looks, of studies whose arms keep a share `logged` of units."""
    names = ["control", "other", "treatment"][: len(shares)]
    found = study(mean_metric(), design=arms(**dict(zip(names, shares, strict=True))), days=30)
    days = [START + timedelta(days=n) for n in range(30)]
    p = []
    for _ in range(draws):
        counts = rng.multinomial(units, shares, size=30)
        if len(logged):
            counts = rng.binomial(counts, logged)
        groups = [
            exposed(arm, int(n), day)
            for day, row in zip(days, counts, strict=True)
            for arm, n in zip(names, row, strict=True)
            if n
        ]
        statistic = checked(*groups, found=found).statistic
        assert statistic is not None
        p.append(statistic)
    return p


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.5, 0.0), (0.9, 0.05, 0.05)])
def test_thirty_looks_alarm_no_more_often_than_promised(shares: tuple[float, ...]) -> None:
    found = p_values(np.random.default_rng(4), 250, shares)
    assert_kept(found, 0.05, 0.01)
    assert min(found) < 0.9


@pytest.mark.slow
def test_rates_of_alarms_over_thirty_looks(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(5)
    drawn = {str(shares): p_values(rng, 10_000, shares) for shares in ((0.5, 0.5), (0.5, 0.5, 0.0), (0.9, 0.05, 0.05))}
    tell_rates(capsys, drawn, (0.05, 0.01, ALPHA), "shares")
