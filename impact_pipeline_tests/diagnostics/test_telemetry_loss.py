from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.telemetry_loss import ALPHA, TelemetryLoss
from impact_pipeline_tests.diagnostics.false_alarms import assert_kept, tell_rates
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    Group,
    cells,
    mean_metric,
    moments,
    proportion_metric,
    ratio_metric,
    study,
)

SEEN = proportion_metric("seen")
NEXT = START + timedelta(days=1)
USES = [{"metric": "orders", "role": "success"}, {"metric": "seen", "role": "quality"}]
SOUND = study(mean_metric(), SEEN, uses=USES)


def shares(**seen: tuple[int, int]) -> list[Group]:
    """Units seen of units exposed, by arm."""
    return [Group(arm, {"seen": moments([1] * k + [0] * (n - k))}) for arm, (k, n) in seen.items()]


def checked(found: Study, *groups: Group) -> Finding:
    return TelemetryLoss().check(found, Evidence(cells(*groups), START, {}))


def test_arms_of_which_as_much_is_seen_pass_with_the_p_value_of_welch() -> None:
    found = checked(SOUND, *shares(control=(470, 500), treatment=(480, 500)))
    seen = {k: np.repeat([1, 0], [k, 500 - k]) for k in (470, 480)}
    expected = stats.ttest_ind(seen[480], seen[470], equal_var=False).pvalue
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert (found.passed, found.threshold, found.consequence) == (True, ALPHA, "hold")
    assert found.sentence == (
        "As much is seen of all arms: treatment gains 2.1 % of Seen: 96.00 % against 94.00 % in control (p = 0.15)."
    )


def test_an_arm_that_loses_telemetry_holds_the_study() -> None:
    found = checked(SOUND, *shares(control=(9500, 10_000), treatment=(9300, 10_000)))
    assert (found.passed, found.consequence) == (False, "hold")
    assert found.sentence == (
        "Not as much is seen of all arms:"
        " treatment loses 2.1 % of Seen: 93.00 % against 95.00 % in control (p = 2.6e-09)."
    )


def test_each_comparison_gets_its_share_of_alpha_and_the_worst_is_named() -> None:
    design = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}
    found = checked(
        study(mean_metric(), SEEN, uses=USES, design=design),
        *shares(control=(950, 1000), new=(850, 1000), best=(949, 1000)),
    )
    assert (found.passed, found.threshold) == (False, ALPHA / 2)
    assert set(found.details) == {"p_value seen new", "p_value seen best"}
    assert "new loses 11 % of Seen" in found.sentence


def test_phases_are_compared_within() -> None:
    phases = [
        {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
    ]
    ramp = study(mean_metric(), SEEN, uses=USES, days=2,
                 design={"type": "staged_rollout", "control": "control", "phases": phases})  # fmt: skip
    early, late = [1] * 9 + [0], [1] + [0] * 9
    found = checked(
        ramp,
        Group("control", {"seen": moments(early * 90)}), Group("treatment", {"seen": moments(early * 10)}),
        Group("control", {"seen": moments(late * 50)}, NEXT), Group("treatment", {"seen": moments(late * 50)}, NEXT),
    )  # fmt: skip
    assert found.passed is True
    assert found.statistic == pytest.approx(1.0, abs=1e-9)


def test_a_quality_ratio_is_judged_by_the_delta_method() -> None:
    rng = np.random.default_rng(1)
    logged = ratio_metric("logged_rate")
    uses = [{"metric": "orders", "role": "success"}, {"metric": "logged_rate", "role": "quality"}]
    events = rng.poisson(9, (2, 2000)) + 1
    kept = rng.binomial(events, [[0.99], [0.95]])
    groups = [
        Group(arm, {"logged_rate": moments(kept[i], d=events[i])}) for i, arm in enumerate(("control", "treatment"))
    ]
    found = checked(study(mean_metric(), logged, uses=uses), *groups)
    assert found.passed is False
    assert "treatment loses 4" in found.sentence


@pytest.mark.parametrize(("treatment", "passed", "p"), [((50, 50), True, 1.0), ((0, 50), False, 0.0)])
def test_arms_without_any_spread_differ_or_do_not(treatment: tuple[int, int], passed: bool, p: float) -> None:
    found = checked(SOUND, *shares(control=(50, 50), treatment=treatment))
    assert (found.passed, found.statistic) == (passed, p)


@pytest.mark.parametrize(
    ("found", "groups", "sentence"),
    [
        (study(mean_metric()), [], "No metric of role 'quality' is named by the plan."),
        (SOUND, shares(control=(5, 5)), "No metric of role 'quality' can be compared yet."),
        (SOUND, shares(control=(5, 5), treatment=(1, 1)), "No metric of role 'quality' can be compared yet."),
    ],
)
def test_without_units_or_metric_to_compare_nothing_is_judged(found: Study, groups: list[Group], sentence: str) -> None:
    result = checked(found, *groups)
    assert (result.passed, result.statistic, result.sentence) == (None, None, sentence)


def p_values(rng: np.random.Generator, draws: int, units: int = 500) -> Array:
    """Of studies whose three arms lose one unit in twenty each, the least p-value times the two comparisons."""
    design = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}
    sound = study(mean_metric(), SEEN, uses=USES, design=design)

    def one(seen: Mapping[str, int]) -> float:
        found = checked(sound, *shares(**{arm: (k, units) for arm, k in seen.items()}))
        assert found.statistic is not None
        return 2 * found.statistic

    names = ("control", "new", "best")
    return np.array([one(dict(zip(names, row.tolist(), strict=True))) for row in rng.binomial(units, 0.95, (draws, 3))])


def test_sound_studies_fail_no_more_often_than_promised() -> None:
    p = p_values(np.random.default_rng(2), 400)
    assert_kept(p, 0.05, ALPHA)
    assert np.mean(p < 0.5) > 0.3


@pytest.mark.slow
def test_rates_of_failures_of_sound_studies(capsys: pytest.CaptureFixture[str]) -> None:
    p = p_values(np.random.default_rng(3), 20_000)
    tell_rates(capsys, {"sound studies": p}, (0.05, 0.01, ALPHA))
