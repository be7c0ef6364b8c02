from __future__ import annotations

from math import erfc, sqrt

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.trigger_dilution import TriggerDilution
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline_tests.small_studies import START, Array, Group, cells, mean_metric, moments, ratio_metric, study

RULE = {"dataset": "assignments", "arm_column": "arm", "exposed_at": "assigned_at"}
FOUND = study(mean_metric(), assignment=RULE)


def drawn(rng: np.random.Generator, beyond: float = 0.0, units: int = 4000) -> tuple[Array, Array, Array]:
    """Outcomes, arms and who is exposed (3 in 10); treatment adds 2 to those and `beyond` to the others."""
    arm, exposed = rng.integers(0, 2, units), rng.random(units) < 0.3
    mean = 10 + 5 * exposed + arm * np.where(exposed, 2.0, beyond)
    return rng.poisson(mean), arm, exposed


def measured(y: Array, arm: Array, chosen: Array) -> Cells:
    return cells(
        *(Group(n, {"orders": moments(y[chosen & (arm == a)])}) for a, n in enumerate(("control", "treatment")))
    )


def checked(y: Array, arm: Array, exposed: Array) -> Finding:
    both = {"exposed": measured(y, arm, exposed), "assigned": measured(y, arm, np.ones(len(y), dtype=bool))}
    return TriggerDilution().check(FOUND, Evidence(both["exposed"], START, {}, both, 0))  # type: ignore[arg-type]


def test_an_effect_on_the_exposed_alone_is_diluted() -> None:
    y, arm, exposed = drawn(np.random.default_rng(1))
    found = checked(y, arm, exposed)
    changes, errors = {}, {}
    for name, chosen in (("exposed", exposed), ("assigned", np.ones(len(y), dtype=bool))):
        groups = [y[chosen & (arm == a)] for a in (0, 1)]
        changes[name] = groups[1].mean() - groups[0].mean()
        errors[name] = sqrt(sum(g.var(ddof=1) / len(g) for g in groups))
    rate = exposed.mean()
    gap = abs(changes["assigned"] - rate * changes["exposed"])
    expected = erfc(gap / sqrt(errors["assigned"] ** 2 + (rate * errors["exposed"]) ** 2) / sqrt(2))
    assert found.passed is True
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert found.details["trigger_rate"] == pytest.approx(rate)


def test_an_effect_beyond_the_exposed_is_found() -> None:
    found = checked(*drawn(np.random.default_rng(2), beyond=1.0))
    assert (found.passed, found.consequence) == (False, "lower_grade")
    assert found.sentence.startswith("The effect on assigned units is not the diluted one on exposed units: Orders of")


def test_one_place_has_nothing_to_compare() -> None:
    evidence = Evidence(cells(), START, {})
    assert TriggerDilution().check(study(mean_metric()), evidence).passed is None


def test_ratios_and_empty_arms_are_not_compared() -> None:
    ratio = study(ratio_metric(), assignment=RULE)
    evidence = Evidence(cells(), START, {}, {"exposed": cells(), "assigned": cells()}, 0)
    for found in (ratio, FOUND):
        finding = TriggerDilution().check(found, evidence)
        assert (finding.passed, finding.sentence) == (
            None, "No effect on exposed and on assigned units can be compared yet.",
        )  # fmt: skip


def _alarms(trials: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    return sum(checked(*drawn(rng, units=800)).passed is False for _ in range(trials))


def test_a_sound_study_fails_less_often_than_alpha() -> None:
    """300 trials at .001: none to be expected."""
    assert _alarms(300, 5) <= 1


@pytest.mark.slow
def test_size_over_many_trials() -> None:
    """5000 trials at .001: 5 expected were the errors independent, and fewer as they are not."""
    assert _alarms(5000, 6) <= 9
