"""Methods that need rows: classical and robust regression on arms and covariates, and clusters that share an arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.analysis.metric_questions import MeanMetric, MetricQuestion, RatioMetric, by_regression
from impact_pipeline.analysis.specification import RandomizedDesign, Specification
from impact_pipeline.analysis.units import Numbers
from impact_pipeline.analysis.wild_bootstrap import bootstrap_results
from impact_pipeline.estimators.asked import Asked
from impact_pipeline.estimators.base import Reason, Result
from impact_pipeline.estimators.conclusion import effects_of
from impact_pipeline.estimators.question import Answer, Question, Refusal
from impact_pipeline.estimators.refusals import Measured, refusals
from impact_pipeline.outcomes.cells import Group
from impact_pipeline.stats.cluster_randomized import ClusteredMeans, clustered_means
from impact_pipeline.stats.least_squares import CovarianceName
from impact_pipeline.stats.lin_adjustment import ancova
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.refusal import Refusal as RowRefusal
from impact_pipeline.stats.two_means import Contribution, TwoMeans

RowMethod = Literal["ancova", "clustered", "wild_bootstrap"]
Found: TypeAlias = TwoMeans | ClusteredMeans | RowRefusal


def row_method(design: RandomizedDesign, metric: MetricQuestion) -> RowMethod | None:
    """Which method on rows answers; None where exact moments do."""
    if design.cluster is not None and not isinstance(metric, RatioMetric):
        wild = isinstance(metric, MeanMetric) and metric.errors == "wild_bootstrap"
        return "wild_bootstrap" if wild else "clustered"
    return "ancova" if by_regression(metric) else None


def by_rows(
    method: RowMethod,
    asked: Specification,
    metric: MetricQuestion,
    question: Question,
    numbers: Numbers,
    measured: Measured,
    groups: Sequence[Group],
) -> tuple[Result, ...]:
    """The contrast over all units and, where there are segments, in each of their values.

    `errors` of a regression are those of its covariance; Welch's are then classical ones.
    """
    if method == "wild_bootstrap":
        return bootstrap_results(metric, question, numbers, np.random.default_rng(asked.seed))
    given = metric.errors if isinstance(metric, MeanMetric) else "welch"
    errors = "classical" if given == "welch" else given
    found = [_means(method, question, numbers, errors, rows) for rows in _groups(numbers)]
    answer = Answer(_named(method, numbers, errors), _stacked(found), refusals=_refusals(found))
    effects = effects_of(question, answer, refusals(measured, question, lambda _: ()))
    notes = [one.notes if isinstance(one, ClusteredMeans) else () for one in found]
    return Asked(question, answer, effects, measured, lambda group: notes[group]).results(metric.name, groups)


def _groups(numbers: Numbers) -> list[NDArray[np.bool_]]:
    everyone = np.ones(len(numbers), dtype=bool)
    return [everyone, *(labels.has(name) for labels in numbers.labels.segments.values() for name in labels.names)]


def _means(method: RowMethod, question: Question, numbers: Numbers, errors: str, rows: NDArray[np.bool_]) -> Found:
    """The two means among these rows; rows of other arms take part in a regression on all arms."""
    arms, contrast = numbers.labels.arm, question.contrast
    pair = rows & (arms.has(contrast.treatment) | arms.has(contrast.control)) if method == "clustered" else rows
    y, own = numbers.y[pair], arms.kept(pair)
    x = np.column_stack([values[pair] for values in numbers.x]) if numbers.x else None
    if method == "clustered":
        assert numbers.labels.cluster is not None
        clusters = numbers.labels.cluster[pair]
        return clustered_means(y, own.has(contrast.treatment), clusters, x, names=numbers.x_names)
    given = np.char.add(own.texts(), "")
    found = ancova(y, given, contrast.control, x, names=numbers.x_names, errors=cast(CovarianceName, errors))
    if isinstance(found, RowRefusal):
        return found
    return found.get(contrast.treatment, RowRefusal("empty_arm", f"no unit has the arm '{contrast.treatment}'"))


def _stacked(found: Sequence[Found]) -> TwoMeans:
    """Every group's means as arrays; groups without any hold NaN."""
    known = [_two_means(one) for one in found]

    def each(number: Callable[[TwoMeans], Real]) -> NDArray[np.float64]:
        return np.array([np.nan if means is None else number(means) for means in known], dtype=np.float64)

    count = max((len(means.contributions) for means in known if means), default=1)
    parts = tuple(
        Contribution(
            each(lambda m, i=i: m.contributions[i].treatment),  # type: ignore[misc]
            each(lambda m, i=i: m.contributions[i].control),  # type: ignore[misc]
            each(lambda m, i=i: m.contributions[i].covariance),  # type: ignore[misc]
            each(lambda m, i=i: m.contributions[i].degrees_of_freedom),  # type: ignore[misc]
        )
        for i in range(count)
    )
    return TwoMeans(each(lambda m: m.treatment), each(lambda m: m.control), parts)


def _two_means(found: Found) -> TwoMeans | None:
    if isinstance(found, RowRefusal):
        return None
    return found.means if isinstance(found, ClusteredMeans) else found


def _refusals(found: Sequence[Found]) -> tuple[Refusal, ...]:
    reasons = dict.fromkeys(one.reason for one in found if isinstance(one, RowRefusal))

    def told(group: int) -> str:
        refused = found[group]
        return refused.detail if isinstance(refused, RowRefusal) else ""

    return tuple(
        Refusal(Reason(reason), np.array([isinstance(one, RowRefusal) and one.reason == reason for one in found]), told)
        for reason in reasons
    )


def _named(method: RowMethod, numbers: Numbers, errors: str) -> str:
    if method == "clustered":
        return "difference_in_means by clusters, CR2"
    return f"{'ancova' if numbers.x else 'difference_in_means'}, {errors} errors"
