"""A look as readers see it: a scorecard beside its study, so that each number has a label, a role and a direction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, Result
from impact_pipeline.governance.reviews import Review, open_challenges
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.reports.blinded import BlindedScorecard

Role = Literal["success", "guardrail", "quality", "exploratory"]
Tone = Literal["better", "worse", "unclear"]

ROLES: tuple[Role, ...] = ("success", "guardrail", "quality", "exploratory")
TONES: tuple[Tone, ...] = ("better", "unclear", "worse")


@dataclass(frozen=True, slots=True)
class StudyFailure:
    """A study that a night could not finish: at which stage, and the error's own message."""

    study: str
    stage: str
    message: str


@dataclass(frozen=True, slots=True)
class DayFailure:
    """A day of data that was not made or not published, which every study that reads it is without."""

    asset: str
    day: str
    message: str


Entry = Scorecard | StudyFailure


@dataclass(frozen=True, slots=True)
class Look:
    """Names of metrics may be given as `name` or `name@version`; `reviews` are of all the study's results."""

    card: Scorecard
    study: Study
    reviews: tuple[Review, ...] = ()

    def metric(self, reference: str) -> Metric | None:
        """The metric's definition; none when its document is broken."""
        return self.study.metrics_by_name.get(_name(reference))

    def label(self, reference: str, contrast: Contrast | None = None) -> str:
        """The metric's label, with the treatment arm where the study has several."""
        metric = self.metric(reference)
        label = metric.label if metric else _name(reference)
        return f"{label} ({contrast.treatment})" if contrast and len(self.study.arms) > 2 else label

    @property
    def until(self) -> date | None:
        """The planned look, where the study is blinded until then."""
        return self.card.until if isinstance(self.card, BlindedScorecard) else None

    @property
    def arms(self) -> tuple[str, ...]:
        """Control first; of a blinded study the aliases, in their own order."""
        return self.card.arms if isinstance(self.card, BlindedScorecard) else self.study.arms

    def role(self, reference: str) -> Role:
        use = self._use(reference)
        return use.role if use else "exploratory"

    @property
    def results(self) -> tuple[Result, ...]:
        """Results over all units: success metrics, then guardrails, then the others."""
        return self._by_role(r for r in self.card.estimates.results if r.segment == ALL_UNITS)

    @property
    def segment_results(self) -> tuple[Result, ...]:
        """Results of segments, those of one metric together."""
        return self._by_role(r for r in self.card.estimates.results if r.segment != ALL_UNITS)

    @property
    def beside(self) -> tuple[Result, ...]:
        """Other readings of the metrics, over all units: uncapped, steps of a funnel."""
        return self._by_role(self.card.estimates.beside)

    @property
    def other_basis(self) -> tuple[Result, ...]:
        """Results over all units of the basis that does not decide: assigned units beside exposed ones."""
        return self._by_role(self.card.estimates.other_basis)

    def reading_label(self, result: Result) -> str:
        """The label of a result that is a variant of its metric."""
        metric = self.metric(result.metric)
        readings = self.study.readings_of(metric) if metric else ()
        label = next((r.label for r in readings if r.variant == result.variant), result.variant)
        return f"{label} ({result.contrast.treatment})" if len(self.study.arms) > 2 else label

    @property
    def asked_findings(self) -> tuple[Finding, ...]:
        """Findings that judge something, or will once there is enough to judge."""
        return tuple(finding for finding in self.card.findings if not _unasked(finding))

    @property
    def unasked_findings(self) -> tuple[Finding, ...]:
        """Those of checks that do not apply to the plan."""
        return tuple(finding for finding in self.card.findings if _unasked(finding))

    @property
    def is_causal(self) -> bool:
        """Whether nobody was randomised: the evidence is that of a quasi-experiment."""
        return self.card.estimates.causal is not None

    @property
    def usable(self) -> bool:
        """Whether its effects may be quoted: those of an invalid study may not."""
        return self.card.verdict.decision != Decision.INVALID

    @property
    def challenged(self) -> bool:
        """Whether a result of the study is doubted and nobody has answered."""
        return bool(open_challenges(self.reviews))

    @property
    def key(self) -> Result | None:
        """The result that stands for the study: the first success metric over all units."""
        return next((r for r in self.results if self.role(r.metric) == "success"), None)

    def tone(self, reference: str, interval: Interval) -> Tone:
        """Whether the interval lies wholly on the good or the bad side of no change."""
        metric = self.metric(reference)
        if metric is None or interval.lower <= 0 <= interval.upper:
            return "unclear"
        return "better" if (interval.lower > 0) == (metric.better == "higher") else "worse"

    def relative_margin(self, estimate: Estimate) -> float | None:
        """Where a guardrail's relative effect may not go beyond; negative when a higher metric is better."""
        use, metric = self._use(estimate.metric), self.metric(estimate.metric)
        if not isinstance(use, GuardrailUse) or metric is None:
            return None
        control = abs(estimate.means.get(estimate.contrast.control, 0.0))
        if use.margin.absolute is not None and not control:
            return None
        share = use.margin.relative if use.margin.absolute is None else use.margin.absolute / control
        return None if share is None else (-share if metric.better == "higher" else share)

    def _use(self, reference: str) -> MetricUse | None:
        return next((use for use in self.study.uses if use.name == _name(reference)), None)

    def _by_role(self, results: Iterable[Result]) -> tuple[Result, ...]:
        order = {use.name: (ROLES.index(use.role), place) for place, use in enumerate(self.study.uses)}
        return tuple(sorted(results, key=lambda r: order.get(_name(r.metric), (len(ROLES), 0))))


def looks(entries: Iterable[Entry], catalog: Catalog, reviews: Iterable[Review] = ()) -> tuple[Look, ...]:
    """Scorecards whose plan is sound, beside it and what people said of it, in order of study."""
    said = tuple(reviews)
    cards = (entry for entry in entries if isinstance(entry, Scorecard) and entry.study in catalog.plans)
    return tuple(
        Look(card, catalog.study(card.study), tuple(one for one in said if one.study == card.study))
        for card in sorted(cards, key=lambda card: card.study)
    )


def failures(entries: Iterable[Entry]) -> tuple[StudyFailure, ...]:
    """What failed, in order of study and stage."""
    found = (entry for entry in entries if isinstance(entry, StudyFailure))
    return tuple(sorted(found, key=lambda failure: (failure.study, failure.stage)))


def _unasked(finding: Finding) -> bool:
    return finding.passed is None and finding.consequence == "none"


def _name(reference: str) -> str:
    return reference.split("@")[0]
