"""The document of `impact analyze`: which columns of a file say what, and what is asked of them.

`arm`, `strata`, `segments`, `cluster` and `unit` name columns; every value is an expression over columns, as in facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.analysis.e_values import EValueQuestion
from impact_pipeline.analysis.metric_questions import (
    Aggregated,
    CountedMetric,
    MeanMetric,
    MetricQuestion,
    ProportionMetric,
    QuantileMetric,
    RatioMetric,
    RowErrors,
    SummedMetric,
    by_regression,
)
from impact_pipeline.analysis.planning_questions import PlanningQuestion
from impact_pipeline.analysis.sample_questions import SampleColumns
from impact_pipeline.analysis.unit_effect_readings import UnitEffectsQuestion
from impact_pipeline.catalog.causal.designs import CAUSAL, AnyCausalDesign, CausalDesign
from impact_pipeline.catalog.document import Expression, Model, Text
from impact_pipeline.catalog.looks import AlwaysValidLooks, FixedLook
from impact_pipeline.catalog.plan import Correction, Prior
from impact_pipeline.catalog.samples import SAMPLE_TYPES

Column = Annotated[str, Field(min_length=1, max_length=200)]
ClusterErrors = Literal["CR0", "CR1", "CR2", "CR3", "wild_bootstrap"]
Fraction = Annotated[float, Field(gt=0, le=1)]


class RandomizedDesign(Model):
    """Rows (or the units they are added up to) were given an arm at random, within `strata` if any.

    `shares` are planned, for the sample ratio. With `cluster`, whole clusters were given their arm.
    """

    type: Literal["randomized"]
    arm: Column
    control: Text
    shares: dict[Text, Annotated[float, Field(ge=0, le=1)]] | None = None
    strata: tuple[Column, ...] = ()
    cluster: Column | None = None

    @model_validator(mode="after")
    def _shares_are_sound(self) -> Self:
        if self.shares is not None and abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError(f"shares add up to {sum(self.shares.values()):g}; they must add up to 1")
        if self.shares is not None and self.shares.get(self.control, 0) == 0:
            raise ValueError(f"shares: the control '{self.control}' has no share above 0; add it")
        if self.cluster is not None and self.strata:
            raise ValueError("clusters within strata are not estimated; remove `strata` or `cluster`")
        return self


class Bootstrap(Model):
    """How many samples are drawn again from the units, and the seed that makes them the same each time."""

    draws: Annotated[int, Field(ge=100, le=100_000)] = 2000
    seed: Annotated[int, Field(ge=0)] = 0


class OneSampleDesign(Model):
    """No arms: each metric by itself."""

    type: Literal["one_sample"]
    bootstrap: Bootstrap | None = None


class RegressionDesign(Model):
    """Least squares (or quantile regression) on `treatments`, any numbers; errors clustered by one or two columns."""

    type: Literal["regression"]
    treatments: Annotated[tuple[Expression, ...], Field(min_length=1)]
    clusters: Annotated[tuple[Column, ...], Field(max_length=2)] = ()
    errors: RowErrors | ClusterErrors = "HC2"

    @model_validator(mode="after")
    def _errors_fit(self) -> Self:
        clustered = self.errors.startswith("CR") or self.errors == "wild_bootstrap"
        if clustered != bool(self.clusters):
            allowed = (
                "'CR0', 'CR1', 'CR2', 'CR3', 'wild_bootstrap'"
                if self.clusters
                else "'classical', 'HC0', 'HC1', 'HC2', 'HC3'"
            )
            raise ValueError(f"errors '{self.errors}' do not go with {len(self.clusters)} clusters; write {allowed}")
        if len(self.clusters) == 2 and self.errors != "CR1":
            raise ValueError("errors of two clusters are 'CR1'")
        return self


Design = Annotated[RandomizedDesign | OneSampleDesign | RegressionDesign | AnyCausalDesign, Field(discriminator="type")]


class Fallback(Model):
    """A design that is asked where those before it are refused or fail a check; `cap` is the best grade it may get."""

    design: CausalDesign
    sample: SampleColumns | None = None
    cap: Literal["C", "D"] = "C"


class NegativeControl(Model):
    """Another outcome of the same rows, which the change cannot have moved."""

    name: Text
    value: Expression


class GroupSequentialFileLooks(Model):
    """`information` are the fractions of the planned units at the looks so far, the one at this file last."""

    type: Literal["group_sequential"]
    information: Annotated[tuple[Fraction, ...], Field(min_length=1, max_length=20)]
    spending: Literal["obrien_fleming", "pocock"] = "obrien_fleming"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.information) != sorted(set(self.information)):
            raise ValueError("the fractions of `information` rise, each above the one before")
        return self


FileLooks = Annotated[FixedLook | AlwaysValidLooks | GroupSequentialFileLooks, Field(discriminator="type")]


class Specification(Model):
    """What to analyze. With `unit`, rows are events that are added up by unit first.

    `units_per_row` counts units of aggregated rows, for the sample ratio. `planning` and `e_values` ask what needs no
    data; a document may hold only that. A causal design names its `sample`, and may declare designs to fall back on.
    `seed` is that of all draws. `unit_effects` explores those of single units.
    """

    apiVersion: Literal["impact-analysis/v1"]
    data: Text | None = None
    design: Design | None = None
    sample: SampleColumns | None = None
    fallback: Annotated[tuple[Fallback, ...], Field(max_length=3)] = ()
    negative_controls: tuple[NegativeControl, ...] = ()
    unit: Column | None = None
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    correction: Correction | Literal["none"] = "holm"
    looks: FileLooks = FixedLook(type="fixed")
    prior: Prior | None = None
    segments: tuple[Column, ...] = ()
    units_per_row: Expression | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    unit_effects: UnitEffectsQuestion | None = None
    metrics: tuple[MetricQuestion, ...] = ()
    planning: tuple[PlanningQuestion, ...] = ()
    e_values: tuple[EValueQuestion, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        faults = [*_nothing_asked(self), *_named_twice(self), *_of_design(self)]
        faults += [f"metrics.{i}: {told}" for i, metric in enumerate(self.metrics) for told in _misfits(self, metric)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _nothing_asked(asked: Specification) -> Iterator[str]:
    shares = isinstance(asked.design, RandomizedDesign) and asked.design.shares is not None
    if not (asked.metrics or asked.planning or asked.e_values or shares):
        yield "there is nothing to analyze; add metrics, planned shares of a randomized design, planning, or e_values"
    if asked.metrics and asked.design is None:
        known = ", ".join(f"'{name}'" for name in ("randomized", "one_sample", "regression", *sorted(CAUSAL)))
        yield f"metrics need a design; add `design`, its type one of {known}"


def _named_twice(asked: Specification) -> Iterator[str]:
    for field, listed in (("metrics", asked.metrics), ("planning", asked.planning), ("e_values", asked.e_values)):
        names = [one.name for one in listed]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield f"{field} stand twice: {', '.join(twice)}; names are unique"


def _of_design(asked: Specification) -> Iterator[str]:
    """Fields that the design cannot use."""
    design, fixed = asked.design, asked.looks.type == "fixed"
    if design is not None and design.type in CAUSAL:
        yield from _of_causal_design(asked)
        return
    if asked.sample is not None or asked.fallback or asked.negative_controls:
        yield "`sample`, `fallback` and `negative_controls` go with a causal design; remove them"
    if isinstance(design, RandomizedDesign):
        if design.cluster and (asked.segments or not fixed):
            yield "with `design.cluster` there are no `segments`, and `looks` are 'fixed'; remove them"
        if asked.units_per_row is not None and asked.unit is not None:
            yield "`units_per_row` counts units of rows, `unit` adds rows up by unit: name one of the two"
        if asked.unit_effects is not None and asked.unit is not None:
            yield "`unit_effects` take a row for each unit; add the rows up in the file, and remove `unit`"
        return
    given = {
        "segments": bool(asked.segments), "units_per_row": asked.units_per_row is not None, "looks": not fixed,
        "prior": asked.prior is not None, "unit": isinstance(design, RegressionDesign) and asked.unit is not None,
        "unit_effects": asked.unit_effects is not None,
    }  # fmt: skip
    for field in (name for name, there in given.items() if there):
        yield f"`{field}` goes with a randomized design; remove it"


def _of_causal_design(asked: Specification) -> Iterator[str]:
    """Each rung of the ladder has a sample of a kind that its design takes, and nothing is asked of arms."""
    design = asked.design
    assert design is not None
    rungs = [("sample", design.type, asked.sample)]
    rungs += [(f"fallback.{i}", f.design.type, f.sample or asked.sample) for i, f in enumerate(asked.fallback)]
    for field, kind, sample in rungs:
        allowed = SAMPLE_TYPES[kind]
        if sample is None or sample.type not in allowed:
            found = "none" if sample is None else f"'{sample.type}'"
            wanted = " or ".join(f"'{name}'" for name in allowed)
            yield f"{field}: a {kind} design takes a sample of type {wanted}; found {found}"
    given = {
        "segments": bool(asked.segments), "units_per_row": asked.units_per_row is not None, "prior": bool(asked.prior),
        "unit": asked.unit is not None, "looks": asked.looks.type != "fixed",
    }  # fmt: skip
    for field in (name for name, there in given.items() if there):
        yield f"`{field}` goes with a randomized design; remove it"
    if asked.unit_effects is not None:
        yield "`unit_effects` go with a randomized design; here `design.cross_fitting` says how they are learnt"


def _misfits_of_causal(metric: MetricQuestion) -> Iterator[str]:
    if not isinstance(metric, MeanMetric | ProportionMetric):
        yield f"a {metric.type} is not the outcome of a causal design; write a mean or a proportion of rows"
    if metric.covariates or metric.estimator is not None or by_regression(metric):
        yield "covariates are those of `sample`, and the estimator that of `design`; remove them here"
    if isinstance(metric, MeanMetric) and metric.cap_percentile:
        yield "a cap goes with a comparison of arms; remove `cap_percentile`, or cut values by LEAST(value, cap)"


def _misfits(asked: Specification, metric: MetricQuestion) -> Iterator[str]:
    """What a metric asks that the design or the shape of the rows cannot give."""
    if asked.design is not None and asked.design.type in CAUSAL:
        yield from _misfits_of_causal(metric)
        return
    match asked.design:
        case RandomizedDesign(cluster=None):
            yield from _misfits_of_arms(asked, metric)
        case RandomizedDesign():
            yield from _misfits_of_clusters(metric)
        case RegressionDesign():
            if not isinstance(metric, MeanMetric | ProportionMetric | QuantileMetric):
                yield f"a {metric.type} has no regression; write a mean, a proportion or a quantile"
            if by_regression(metric) or metric.estimator is not None:
                yield "errors of a regression are those of its design; remove `errors` and `estimator`"
        case OneSampleDesign() if metric.covariates or metric.estimator or by_regression(metric):
            yield "one sample has no comparison to adjust; remove `covariates`, `errors` and `estimator`"
    if not isinstance(asked.design, RandomizedDesign) and metric.margin is not None:
        yield "a margin goes with a comparison of arms; remove it"
    if not isinstance(asked.design, RandomizedDesign) and isinstance(metric, MeanMetric) and metric.cap_percentile:
        yield "a cap goes with a comparison of arms; remove `cap_percentile`, or cut values by LEAST(value, cap)"
    if isinstance(metric, Aggregated) and metric.covariates:
        yield "aggregated rows hold no covariates of units; remove `covariates`"
    if isinstance(metric, SummedMetric | CountedMetric) and asked.unit is not None:
        yield "aggregated rows are not added up by `unit`; remove one of the two"


def _misfits_of_arms(asked: Specification, metric: MetricQuestion) -> Iterator[str]:
    assert isinstance(asked.design, RandomizedDesign)
    if isinstance(metric, MeanMetric) and metric.errors == "wild_bootstrap":
        yield "errors 'wild_bootstrap' are those of few clusters; name `design.cluster`, or take 'welch' or 'HC2'"
    if by_regression(metric) and asked.design.strata:
        yield "a regression on rows takes no `strata`; list them as covariates, or leave `errors` and `estimator` out"


def _misfits_of_clusters(metric: MetricQuestion) -> Iterator[str]:
    if not isinstance(metric, MeanMetric | ProportionMetric | RatioMetric):
        yield f"with `design.cluster` a {metric.type} is not estimated; write a mean, a proportion or a ratio"
    if metric.estimator is not None and not isinstance(metric, RatioMetric):
        yield "with `design.cluster` there is one estimator; remove `estimator`"
    if isinstance(metric, MeanMetric) and metric.errors not in ("welch", "wild_bootstrap"):
        yield f"errors '{metric.errors}' do not know clusters; leave `errors` out (CR2) or write 'wild_bootstrap'"
    if isinstance(metric, MeanMetric) and metric.errors == "wild_bootstrap" and metric.margin is not None:
        yield "the wild bootstrap tests no margin; remove `margin` or `errors`"
