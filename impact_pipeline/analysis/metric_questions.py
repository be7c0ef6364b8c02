"""The metrics of a specification: what is read of each row, as expressions over columns, and how it is estimated."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Expression, Model, Name, Text
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.stats.buckets import Ties

RowErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3"]
MeanErrors = Literal["welch", "classical", "HC0", "HC1", "HC2", "HC3", "wild_bootstrap"]


class MetricModel(Model):
    """What every metric has.

    `missing: drop` leaves out rows without a finite number, and says how many; else such rows are refused. `margin`
    adds a test that the treatment is not worse by as much; `covariates` are numbers from before exposure.
    """

    name: Text
    better: Literal["higher", "lower"] = "higher"
    margin: Margin | None = None
    covariates: tuple[Expression, ...] = ()
    estimator: Name | None = None
    missing: Literal["refuse", "drop"] = "refuse"


class MeanMetric(MetricModel):
    """Average of a value.

    `errors` other than Welch's, or the estimator `ancova`, take a regression on rows; `wild_bootstrap` is for designs
    with few clusters. `cap_percentile` cuts values at that quantile of all arms together.
    """

    type: Literal["mean"]
    value: Expression
    errors: MeanErrors = "welch"
    cap_percentile: Annotated[float, Field(gt=0.5, lt=1)] | None = None


class ProportionMetric(MetricModel):
    """Share of rows that meet a condition; with `unit`, of units with a row that does."""

    type: Literal["proportion"]
    value: Expression


class RatioMetric(MetricModel):
    """Sum of a value over sum of another, with the delta method's error over units (or over clusters)."""

    type: Literal["ratio"]
    numerator: Expression
    denominator: Expression


class QuantileMetric(MetricModel):
    """Quantile of a value; with `unit` given, of all rows, and units are their clusters.

    `ties: rounded` says that equal values are readings rounded to a whole step, such as milliseconds. `digits` are the
    leading ones that values are kept with.
    """

    type: Literal["quantile"]
    value: Expression
    quantile: Annotated[float, Field(gt=0, lt=1)] = 0.5
    digits: Annotated[int, Field(ge=2, le=9)] = 6
    ties: Ties = "discrete"

    @model_validator(mode="after")
    def _no_covariates(self) -> Self:
        if self.covariates:
            raise ValueError("a quantile takes no covariates; remove them")
        return self


class SummedMetric(MetricModel):
    """A mean of rows that are sums over `units` units each: of the value, and of its square."""

    type: Literal["summed_mean"]
    units: Expression
    sum: Expression
    sum_of_squares: Expression


class CountedMetric(MetricModel):
    """A share of rows that are counts: `successes` among `units` units each."""

    type: Literal["counted_proportion"]
    units: Expression
    successes: Expression


MetricQuestion = Annotated[
    MeanMetric | ProportionMetric | RatioMetric | QuantileMetric | SummedMetric | CountedMetric,
    Field(discriminator="type"),
]

Aggregated = SummedMetric | CountedMetric
"""Metrics of rows that each stand for many units."""


def by_regression(metric: MetricQuestion) -> bool:
    """Whether the metric asks for a regression on rows in place of the arms' moments."""
    return isinstance(metric, MeanMetric) and (metric.errors != "welch" or metric.estimator == "ancova")


def expressions_of(metric: MetricQuestion) -> dict[str, tuple[str, Literal["number", "condition"]]]:
    """Field -> expression and what it must yield, the covariates last.

    >>> expressions_of(RatioMetric(name="ctr", type="ratio", numerator="clicks", denominator="views"))
    {'numerator': ('clicks', 'number'), 'denominator': ('views', 'number')}
    """
    names = {
        "mean": ("value",), "proportion": ("value",), "quantile": ("value",), "ratio": ("numerator", "denominator"),
        "summed_mean": ("sum", "units", "sum_of_squares"), "counted_proportion": ("successes", "units"),
    }[metric.type]  # fmt: skip
    kind: Literal["number", "condition"] = "condition" if metric.type == "proportion" else "number"
    own = {name: (str(getattr(metric, name)), kind) for name in names}
    return own | {f"covariates.{i}": (text, "number") for i, text in enumerate(metric.covariates)}
