"""A causal study's detail while it is blinded: which designs were asked, and pictures of the time before the change."""

from __future__ import annotations

from dataclasses import replace

from impact_pipeline.causal.exhibits import Balance, Curve, Exhibit, Histogram, Paths, Weights
from impact_pipeline.estimators.causal.detail import Attempt, CausalDetail, ShownExhibit

OF_SCORES = frozenset({"scores", "score_density", "learnt scores", "weights"})
"""Histograms of who was treated, which no outcome enters."""


def told_detail(detail: CausalDetail) -> CausalDetail:
    """No effect, no number of the method; exhibits as far as they go without either."""
    shown = ((own.metric, before_the_change(own.exhibit)) for own in detail.exhibits)
    exhibits = tuple(ShownExhibit(metric, exhibit) for metric, exhibit in shown if exhibit is not None)
    return CausalDetail(tuple(map(_attempt, detail.attempts)), (), (), exhibits)


def before_the_change(exhibit: Exhibit) -> Exhibit | None:
    """The exhibit up to where the change begins; None where all of it tells of the effect, or nothing is left."""
    match exhibit:
        case Balance() | Weights():
            return exhibit
        case Histogram() if exhibit.name in OF_SCORES:
            return exhibit
        case Curve() if exhibit.starts is not None:
            return _curve(exhibit, exhibit.starts)
        case Paths() if exhibit.starts > 0:
            return _paths(exhibit, exhibit.starts)
    return None


def _attempt(own: Attempt) -> Attempt:
    told = own.told if own.stands else "It was refused, or a check failed: the findings say which."
    return Attempt(
        own.metric, own.design, own.method, own.grade, own.stands, own.answers, told, None, None, None
    )  # fmt: skip


def _curve(exhibit: Curve, starts: float) -> Curve | None:
    points = tuple(point for point in exhibit.points if point.position < starts)
    return replace(exhibit, points=points) if points else None


def _paths(exhibit: Paths, starts: int) -> Paths:
    """A band may begin later than the paths do; without the time after the change it is not needed."""
    return replace(
        exhibit, periods=exhibit.periods[:starts], actual=exhibit.actual[:starts],
        counterfactual=exhibit.counterfactual[:starts], lower=(), upper=(),
    )  # fmt: skip
