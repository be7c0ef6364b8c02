"""Evaluation plans: the registered document that a verdict is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.causal.designs import CAUSAL, CausalDesign
from impact_pipeline.catalog.designs import ClusterRandomizedDesign, Design, StagedRolloutDesign, SwitchbackDesign
from impact_pipeline.catalog.document import Document, Expression, Model, Name, Text
from impact_pipeline.catalog.effect_size import EffectSize
from impact_pipeline.catalog.looks import FixedLook, Looks
from impact_pipeline.catalog.metrics.base import Window, windowed_name
from impact_pipeline.catalog.samples import SAMPLE_TYPES, CausalSample, PanelSample, SeriesSample


class Change(Model):
    """Which model changes from which version to which."""

    model: Name
    from_version: Text
    to_version: Text


Basis = Literal["exposed", "assigned"]
"""Which units an effect is about: those that met their arm, or all that were assigned to one."""


class ExposureRule(Model):
    """Which rows of a trusted dataset are a unit's contact with an arm."""

    dataset: Name
    arm_column: Name
    exposed_at: Name
    filter: Expression | None = None


class Margin(EffectSize):
    """How much worse a guardrail may be, as a share of the control mean or in the metric's unit. One of the two."""

    relative: Annotated[float, Field(gt=0, lt=1)] | None = None


class _Use(Model):
    """`window` reads the metric over another window than its own, under a name of its own.

    `estimator` names one in place of the first that fits.
    """

    metric: Name
    window: Window | None = None
    estimator: Name | None = None

    @property
    def name(self) -> str:
        """The name of what is read, as written in results."""
        return self.metric if self.window is None else windowed_name(self.metric, self.window)


class SuccessUse(_Use):
    """`expected` is the improvement worth finding: what the study is planned for; it decides no verdict."""

    role: Literal["success"]
    expected: EffectSize | None = None


class GuardrailUse(_Use):
    """`harm` is the worsening that must not ship, for the plan's chances; the margin where none is given."""

    role: Literal["guardrail"]
    margin: Margin
    harm: EffectSize | None = None


class QualityUse(_Use):
    """What cannot differ between sound arms, such as the share of units with any telemetry; a difference is a fault."""

    role: Literal["quality"]


class ExploratoryUse(_Use):
    role: Literal["exploratory"]


MetricUse = Annotated[SuccessUse | GuardrailUse | QualityUse | ExploratoryUse, Field(discriminator="role")]


class FeatureSegment(Model):
    """Units split by a `latest` feature, as of their exposure day."""

    type: Literal["feature"]
    feature: Name


class ColumnSegment(Model):
    """Units split by a column of their first exposure row."""

    type: Literal["column"]
    column: Name


class StudySegment(Model):
    """Units split by their arm in another study that runs at the same time: does one change depend on the other?"""

    type: Literal["study"]
    study: Name


Segment = Annotated[FeatureSegment | ColumnSegment | StudySegment, Field(discriminator="type")]


Correction = Literal["holm", "hochberg", "bonferroni", "benjamini_hochberg", "benjamini_yekutieli"]


class DecisionRule(Model):
    """Success superior (two-sided `alpha`), every guardrail non-inferior (one-sided `alpha`), findings clean.

    `correction` is for several success metrics and arms. The Benjamini procedures bound the share of false claims among
    claims, all others the chance of any. Evidence below `ships_on_grade` never ships: a quasi-experiment (C) only where
    the plan said so before. `power` is the chance to ship a change with the planned effects: what units
    are planned for.
    """

    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    power: Annotated[float, Field(ge=0.5, lt=1)] = 0.8
    correction: Correction = "holm"
    min_units_per_arm: Annotated[int, Field(ge=2)] = 100
    ships_on_grade: Literal["A", "B", "C"] = "B"


class Prior(Model):
    """What lifts of such changes are like, as shares: Normal around `mean_lift`. Without it, past studies tell."""

    mean_lift: Annotated[float, Field(gt=-1, lt=1)] = 0.0
    lift_std_dev: Annotated[float, Field(gt=0, le=1)]


class Value(Model):
    """Money: effect on `metric` per exposed unit x units a year x `per_unit`, in `currency`."""

    metric: Name
    per_unit: Annotated[float, Field(gt=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    horizon_days: Annotated[int, Field(ge=1, le=3650)] = 365


class PublishedAnswer(Model):
    """What a paper says of a metric's effect (or of a named one beside it), shown beside ours; it decides nothing."""

    metric: Name
    effect: Text = "main"
    value: float
    std_error: Annotated[float, Field(gt=0)] | None = None
    source: Text


class Fallback(Model):
    """A design for when those before it are refused or fail a check; `cap` is the best grade that it may get.

    Without a `sample` of its own it is asked on the plan's.
    """

    design: CausalDesign
    sample: CausalSample | None = None
    cap: Literal["C", "D"] = "C"


class Governance(Model):
    """Who must agree before a verdict counts: every reviewer by name, and sign-offs where a plan touches people.

    Readers see no direction before a final verdict or the planned look, unless `blinding` is false.
    """

    reviewers: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    ethics: bool = False
    privacy: bool = False
    blinding: Annotated[bool, Field(exclude_if=lambda wanted: wanted is True)] = True


class EvaluationPlan(Document):
    """What is changed, for whom, how it is measured, and which result leads to which verdict.

    Units are exposed from `starts` to `ends` (both inclusive, UTC days); the planned look is the night on which the
    last window of the last cohort closes. With an `assignment` beside the exposure both bases are measured, windows
    counting from exposure on the one and from assignment on the other; `basis` is the one that decides.
    `post_stratify` names a segment whose values are strata of the estimates over all units.
    A causal design reads a `sample`, may declare designs to fall back on, and metrics that the change cannot have moved
    (`negative_controls`).
    With `aa_check` control's units are kept in bins besides, and every metric is tried on random halves of them.
    `governance` names the approvals without which a verdict is exploratory, and may show direction from the start.
    """

    apiVersion: Literal["impact-plan/v1"]
    status: Literal["registered", "archived"] = "registered"
    title: Text
    change: Change
    hypothesis: Text
    entity: Name
    estimand: Literal["ATE"] = "ATE"
    design: Design
    exposure: ExposureRule
    assignment: ExposureRule | None = None
    basis: Basis = "exposed"
    starts: date
    ends: date
    metrics: Annotated[tuple[MetricUse, ...], Field(min_length=1)]
    segments: dict[Name, Segment] = {}
    post_stratify: Name | None = None
    looks: Looks = FixedLook(type="fixed")
    decision: DecisionRule = DecisionRule()
    prior: Prior | None = None
    value: Value | None = None
    sample: CausalSample | None = None
    fallback: Annotated[tuple[Fallback, ...], Field(max_length=3)] = ()
    negative_controls: tuple[Name, ...] = ()
    published: tuple[PublishedAnswer, ...] = ()
    aa_check: bool = True
    governance: Annotated[Governance | None, Field(exclude_if=lambda asked: asked is None)] = None

    @property
    def blinded(self) -> bool:
        """Whether direction is withheld from readers while the study runs."""
        return self.governance is None or self.governance.blinding

    @model_validator(mode="after")
    def _stratum_is_a_segment(self) -> Self:
        if self.post_stratify is not None and self.post_stratify not in self.segments:
            known = ", ".join(self.segments) or "none yet"
            raise ValueError(f"post_stratify '{self.post_stratify}' is not a segment; segments are {known}")
        return self

    @model_validator(mode="after")
    def _sample_fits_the_design(self) -> Self:
        faults = list(_misfits_of_sample(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _basis_is_there(self) -> Self:
        if self.basis == "assigned" and self.assignment is None:
            raise ValueError("basis 'assigned' needs `assignment`: where units are assigned to their arms")
        return self

    @model_validator(mode="after")
    def _clusters_can_be_judged(self) -> Self:
        """Cells are kept by cluster or by segment, and clusters do not enrol one after the other."""
        if not isinstance(self.design, ClusterRandomizedDesign | SwitchbackDesign):
            return self
        if self.segments:
            named = ", ".join(self.segments)
            raise ValueError(f"no effect of clusters is estimated by segment; remove the segments ({named})")
        if not isinstance(self.looks, FixedLook):
            raise ValueError(f"looks '{self.looks.type}' need units that enrol one by one, not clusters; use 'fixed'")
        return self

    @model_validator(mode="after")
    def _dates_are_ordered(self) -> Self:
        if self.ends < self.starts:
            raise ValueError(f"ends {self.ends} lies before starts {self.starts}")
        if isinstance(self.design, StagedRolloutDesign) and self.design.phases[0].starts != self.starts:
            raise ValueError(f"the first phase starts on {self.design.phases[0].starts}, the plan on {self.starts}")
        return self


def periods_of(plan: EvaluationPlan, sample: PanelSample | SeriesSample) -> tuple[date, date]:
    """The first and the last day that a sample reads."""
    return sample.first or plan.starts, sample.last or plan.ends


def _misfits_of_sample(plan: EvaluationPlan) -> Iterator[str]:
    if plan.design.type not in CAUSAL:
        if plan.sample is not None or plan.fallback or plan.negative_controls:
            yield "`sample`, `fallback` and `negative_controls` go with a causal design; remove them"
        return
    rungs = [("sample", plan.design.type, plan.sample)]
    rungs += [(f"fallback.{i}", f.design.type, f.sample or plan.sample) for i, f in enumerate(plan.fallback)]
    for field, kind, sample in rungs:
        if sample is None or sample.type not in SAMPLE_TYPES[kind]:
            wanted = " or ".join(f"'{name}'" for name in SAMPLE_TYPES[kind])
            found = "none" if sample is None else f"'{sample.type}'"
            yield f"{field}: a {kind} design takes a sample of type {wanted}; found {found}"
    given = {
        "segments": bool(plan.segments), "assignment": plan.assignment is not None, "prior": plan.prior is not None,
        "looks": not isinstance(plan.looks, FixedLook),
    }  # fmt: skip
    for field in (name for name, there in given.items() if there):
        yield f"`{field}` goes with a randomized design; remove it"
