from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest

from impact_pipeline.estimators.base import Contrast, Interval
from impact_pipeline.kpis.base import Impact
from impact_pipeline.kpis.holdout import NoReconciliation, Reconciliation, reconcile
from impact_pipeline.kpis.portfolio import PortfolioEntry

Z = NormalDist().inv_cdf(0.975)


def impact(study: str, amount: float, std_error: float = 1.0, currency: str = "EUR", days: int = 365) -> Impact:
    interval = Interval(amount - Z * std_error, amount + Z * std_error, 0.95)
    return Impact(study, "orders", Contrast("treatment", "control"), currency, days, 10.0, 1.0, amount, interval)


def claims(*amounts: float, shipped: bool = True) -> list[PortfolioEntry]:
    return [PortfolioEntry(impact(f"s{i}", amount), shipped) for i, amount in enumerate(amounts)]


def compared(measured: Impact, entries: list[PortfolioEntry]) -> Reconciliation:
    found = reconcile(measured, entries)
    assert isinstance(found, Reconciliation)
    return found


def test_the_gap_is_measured_less_corrected() -> None:
    found = compared(impact("holdout", 13.0, 3.0), claims(8.0, 9.0))
    assert (found.studies, found.shipped.claimed) == (("s0", "s1"), 17.0)
    assert found.shipped.corrected == pytest.approx(17.0, abs=1e-6)
    assert found.gap == pytest.approx(-4.0, abs=1e-6)
    assert found.gap_interval.upper - found.gap == pytest.approx(Z * sqrt(9 + 2))
    assert found.agrees


def test_a_claim_that_faded_does_not_agree() -> None:
    found = compared(impact("holdout", 2.0, 3.0), claims(8.0, 9.0))
    assert not found.agrees
    assert found.gap_interval.upper < 0


def test_studies_that_did_not_ship_count_in_the_correction_alone() -> None:
    shipped, dropped = claims(2.5), claims(1.0, 1.5, shipped=False)
    found = compared(impact("holdout", 2.0), [*shipped, *dropped])
    assert (found.studies, found.shipped.claimed) == (("s0",), 2.5)
    assert found.shipped.corrected < compared(impact("holdout", 2.0), shipped).shipped.corrected


@pytest.mark.parametrize(
    ("entries", "detail"),
    [
        ([], "none of the studies that it holds back has shipped yet"),
        (claims(8.0, shipped=False), "none of the studies that it holds back has shipped yet"),
        (
            [PortfolioEntry(impact("s0", 8.0, currency="USD"), True)],
            "'s0' counts USD over 365 days at level 0.95, the holdout EUR over 365 days at level 0.95",
        ),
        (
            [*claims(8.0), PortfolioEntry(impact("s9", 8.0, days=30), False)],
            "'s9' counts EUR over 30 days at level 0.95, the holdout EUR over 365 days at level 0.95",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(entries: list[PortfolioEntry], detail: str) -> None:
    assert reconcile(impact("holdout", 2.0), entries) == NoReconciliation("holdout", detail)


def _agreements(trials: int, seed: int) -> tuple[float, float]:
    """Of years in which shipped effects last: how often the corrected sum agrees, and the plain one would."""
    rng, agreed, plain = np.random.default_rng(seed), 0, 0
    for _ in range(trials):
        truth = rng.normal(0.5, 1.5, 30)
        seen = truth + rng.normal(0, 1, 30)
        entries = [PortfolioEntry(impact(f"s{i}", float(x)), bool(x > Z)) for i, x in enumerate(seen)]
        measured = impact("holdout", float(truth[seen > Z].sum() + rng.normal(0, 2)), 2.0)
        found = reconcile(measured, entries)
        if isinstance(found, Reconciliation):
            agreed += found.agrees
            half = found.gap_interval.upper - found.gap
            plain += abs(measured.amount - found.shipped.claimed) <= half
    return agreed / trials, plain / trials


def test_lasting_effects_agree_once_selection_is_taken_out() -> None:
    agreed, plain = _agreements(400, 1)
    assert agreed >= 0.92
    assert plain < agreed - 0.1
