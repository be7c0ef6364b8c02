"""The linked catalog, and a study: a plan with every document it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.designs import BIN, CLUSTER, UNITS_RANDOMISED, arms_in_order, cluster_column
from impact_pipeline.catalog.disclosure import DEFAULT, DisclosurePolicy
from impact_pipeline.catalog.epoch import KeyEpoch
from impact_pipeline.catalog.expressions import Compiled, Kind, Rejected, compile_row
from impact_pipeline.catalog.fact import Fact, Measure
from impact_pipeline.catalog.feature import FeatureOfRows, LatestFeature, LearntFeature, NumberFeature
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading, UnitTotal, reading_key
from impact_pipeline.catalog.metrics.trend import trend_of
from impact_pipeline.catalog.model import MlModel
from impact_pipeline.catalog.plan import Basis, EvaluationPlan, ExposureRule, FeatureSegment, MetricUse, StudySegment
from impact_pipeline.catalog.postmortem import Postmortem
from impact_pipeline.catalog.review import ReviewDocument
from impact_pipeline.catalog.samples import (
    CausalSample,
    PanelSample,
    SeriesSample,
    metrics_beside,
    row_cluster,
    row_expressions,
)
from impact_pipeline.catalog.source import DatabaseSource, FilesSource
from impact_pipeline.catalog.strict_yaml import Path as FieldPath
from impact_pipeline.errors import InputError

DocumentKind = Literal[
    "source", "contract", "fact", "feature", "metric", "model", "study", "review", "postmortem", "epoch"
]
Key = tuple[DocumentKind, str]
Source = DatabaseSource | FilesSource
Feature = FeatureOfRows | LearntFeature


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document is written: its file (relative to the catalog's root) and the line of each field."""

    file: str
    lines: Mapping[FieldPath, int]

    def issue(self, path: FieldPath, message: str, level: Literal["error", "warning"] = "error") -> Issue:
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        return Issue(self.file, self.lines.get(near, 1), ".".join(map(str, path)) or "document", message, level)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All sound documents by kind and name. `broken` holds the faults of those that are not sound.

    Features stand after those they rest on.
    """

    root: Path
    sources: Mapping[str, Source] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    features: Mapping[str, Feature] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    models: Mapping[str, MlModel] = field(default_factory=dict)
    plans: Mapping[str, EvaluationPlan] = field(default_factory=dict)
    origins: Mapping[Key, Origin] = field(default_factory=dict)
    broken: Mapping[Key, tuple[Issue, ...]] = field(default_factory=dict)
    reviews: Mapping[str, ReviewDocument] = field(default_factory=dict)
    postmortems: Mapping[str, Postmortem] = field(default_factory=dict)
    disclosure: DisclosurePolicy = DEFAULT
    epochs: Mapping[str, KeyEpoch] = field(default_factory=dict)

    def of_kind(self, kind: DocumentKind) -> Mapping[str, Any]:
        """The sound documents of one kind by name."""
        documents: dict[str, Mapping[str, Any]] = {
            "source": self.sources, "contract": self.contracts, "fact": self.facts, "feature": self.features,
            "metric": self.metrics, "model": self.models, "study": self.plans, "review": self.reviews,
            "postmortem": self.postmortems, "epoch": self.epochs,
        }  # fmt: skip
        return documents[kind]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of datasets that have both a contract and a source, in order of name."""
        delivered = {name for source in self.sources.values() for name in source.datasets}
        return tuple(sorted(delivered & set(self.contracts)))

    @property
    def studies(self) -> tuple[str, ...]:
        """Names of all studies, those with a faulty plan included: a fault must show where the study is looked for."""
        faulty = {name for kind, name in self.broken if kind == "study"}
        return tuple(sorted(set(self.plans) | faulty))

    def parts_of(self, metric: Metric) -> Mapping[str, Metric]:
        """The sound metrics that a metric is made of, by name."""
        return {name: self.metrics[name] for name in metric.parts if name in self.metrics}

    def source_of(self, dataset: str) -> Source:
        return next(source for source in self.sources.values() if dataset in source.datasets)

    def compile(self, dataset: str, expression: str, kind: Kind) -> Compiled:
        """The checked expression over the columns of a dataset; raises `Rejected`."""
        roles = {column.name: column.acts_as for column in self.contracts[dataset].columns}
        return compile_row(expression, roles, kind)

    def study(self, name: str) -> Study:
        """The study of a sound plan; raises `InputError` with the faults of a plan that is not."""
        if name in self.plans:
            return Study(self, self.plans[name])
        issues = self.broken.get(("study", name))
        if issues:
            raise InputError("\n".join(map(str, issues)))
        raise InputError(f"study '{name}' is not in the catalog; studies are {', '.join(self.studies) or 'none'}")


@dataclass(frozen=True, slots=True)
class Study:
    """A plan seen with its documents. A metric whose own document is broken is in `broken_metrics` with the reason.

    `of` is the basis on which it is seen, by default the one that decides.
    """

    catalog: Catalog
    plan: EvaluationPlan
    of: Basis | None = None

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def basis(self) -> Basis:
        return self.of or self.plan.basis

    @property
    def bases(self) -> tuple[Study, ...]:
        """The study on the basis that decides, then on the other if units are assigned apart from being exposed."""
        other: Basis = "assigned" if self.plan.basis == "exposed" else "exposed"
        measured = (self.plan.basis,) if self.plan.assignment is None else (self.plan.basis, other)
        return tuple(Study(self.catalog, self.plan, basis) for basis in measured)

    @property
    def table(self) -> str:
        """How the lake names its exposures and cells."""
        return self.name if self.basis == self.plan.basis else f"{self.name}.{self.basis}"

    @property
    def protected(self) -> bool:
        """Whether its units may be persons: all but those whose ids every contract classifies as `public`."""
        columns = (column for contract in self.catalog.contracts.values() for column in contract.columns)
        ids = [column for column in columns if column.role == "identifier" and column.entity == self.plan.entity]
        return not ids or any(column.classification != "public" for column in ids)

    @property
    def contacts(self) -> ExposureRule:
        """Which rows count as a unit's first contact on this basis."""
        if self.basis == "assigned" and self.plan.assignment is not None:
            return self.plan.assignment
        return self.plan.exposure

    @property
    def uses(self) -> tuple[MetricUse, ...]:
        return self.plan.metrics

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Sound metrics in the plan's order, each over the window that its use asks for."""
        return tuple(self.metrics_by_name.values())

    @property
    def metrics_by_name(self) -> Mapping[str, Metric]:
        """The same by the name under which the plan reads them."""
        found = {use: self.catalog.metrics[use.metric] for use in self.uses if use.metric in self.catalog.metrics}
        return {use.name: m if use.window is None else m.over(use.window) for use, m in found.items()}

    @property
    def broken_metrics(self) -> Mapping[str, str]:
        missing = {use.name: use.metric for use in self.uses if use.metric not in self.catalog.metrics}
        broken = {name: self.catalog.broken.get(("metric", metric), ()) for name, metric in missing.items()}
        return {name: "; ".join(map(str, issues)) for name, issues in broken.items()}

    @property
    def readings(self) -> tuple[tuple[Metric, Reading], ...]:
        """All that is read of the metrics, in their order; each metric's own reading first."""
        return tuple((metric, reading) for metric in self.metrics for reading in self.readings_of(metric))

    def readings_of(self, metric: Metric) -> tuple[Reading, ...]:
        """The metric itself, its variants, and its trend over days if it is one of success."""
        found = metric.readings(self.catalog.parts_of(metric))
        decides = any(use.role == "success" and use.name == metric.name for use in self.uses)
        trend = trend_of(found[0], metric.window) if decides else None
        return found if trend is None else (*found, trend)

    def reading_key(self, metric: Metric, reading: Reading) -> str:
        """How cells name a reading."""
        return reading_key(metric.name, reading.variant)

    @property
    def last_days(self) -> Mapping[str, int]:
        """Key of each reading -> the last day since exposure that it reads."""
        return {self.reading_key(metric, reading): metric.last_day for metric, reading in self.readings}

    @property
    def covariates(self) -> tuple[NumberFeature, ...]:
        """Distinct pre-exposure covariates of the metrics, in order of name."""
        names = sorted({name for metric in self.metrics for name in metric.covariates})
        features = (self.catalog.features[name] for name in names)
        return tuple(feature for feature in features if isinstance(feature, NumberFeature))

    @property
    def segment_features(self) -> Mapping[str, LatestFeature]:
        """Segment name -> the feature that splits it."""
        split = {name: segment for name, segment in self.plan.segments.items() if isinstance(segment, FeatureSegment)}
        found = {name: self.catalog.features[segment.feature] for name, segment in split.items()}
        return {name: feature for name, feature in found.items() if isinstance(feature, LatestFeature)}

    @property
    def other_studies(self) -> Mapping[str, EvaluationPlan]:
        """Plans of the studies whose arms split this one's units, by name of the study."""
        names = {segment.study for segment in self.plan.segments.values() if isinstance(segment, StudySegment)}
        return {name: self.catalog.plans[name] for name in sorted(names)}

    @property
    def splits(self) -> tuple[str, ...]:
        """Everything that cells are kept by beside cohort day and arm: segments, then clusters if arms go by them.

        Else bins of control's units, if the plan wants an A/A simulation.
        """
        clusters = () if cluster_column(self.plan.design) is None else (CLUSTER,)
        bins = (BIN,) if self.plan.aa_check and self.plan.design.type in UNITS_RANDOMISED else ()
        return (*self.plan.segments, *clusters, *bins)

    @property
    def facts(self) -> tuple[Fact, ...]:
        readings = [reading for _, reading in self.readings]
        readings += [metric.readings(self.catalog.parts_of(metric))[0] for metric in self.metrics_beside.values()]
        names = sorted({fact for reading in readings for total in reading.totals for fact in total.facts})
        return tuple(self.catalog.facts[name] for name in names)

    @property
    def samples(self) -> tuple[CausalSample, ...]:
        """Distinct samples of a causal design and of those it may fall back on; none where units are randomised."""
        wanted = (self.plan.sample, *(fallback.sample for fallback in self.plan.fallback))
        return tuple(dict.fromkeys(sample for sample in wanted if sample is not None))

    @property
    def row_numbers(self) -> Mapping[str, tuple[str, Kind]]:
        """What samples read of a unit's first contact: '<sample>.<field>' -> expression, and what it yields."""
        dataset = self.contacts.dataset
        return {
            f"{place}.{field}": (text, kind_of(self.catalog, dataset, text))
            for place, sample in enumerate(self.samples)
            for field, text in row_expressions(sample).items()
        }

    @property
    def row_clusters(self) -> Mapping[str, str]:
        """Columns of a unit's first contact that name its cluster: '<sample>.cluster' -> column."""
        named = {f"{place}.cluster": row_cluster(sample) for place, sample in enumerate(self.samples)}
        return {field: column for field, column in named.items() if column is not None}

    @property
    def metrics_beside(self) -> Mapping[str, Metric]:
        """Sound metrics that are read and not judged: covariates, weights, control series, negative controls."""
        names = dict.fromkeys(name for sample in self.samples for name in metrics_beside(sample))
        names |= dict.fromkeys(self.plan.negative_controls)
        return {name: self.catalog.metrics[name] for name in names if name in self.catalog.metrics}

    @property
    def datasets(self) -> tuple[str, ...]:
        """Trusted datasets the study reads directly (features not included)."""
        contacts = {study.contacts.dataset for study in self.bases}
        others = {plan.exposure.dataset for plan in self.other_studies.values()}
        return tuple(sorted(contacts | others | {fact.dataset for fact in self.facts}))

    @property
    def last_window_day(self) -> int:
        if isinstance(self.plan.sample, PanelSample | SeriesSample):
            return 0
        return max((metric.last_day for metric in self.metrics), default=0)

    @property
    def planned_look(self) -> date:
        """The data day whose night closes the last window of the last cohort."""
        return self.plan.ends + timedelta(days=self.last_window_day)

    @property
    def arms(self) -> tuple[str, ...]:
        """Control first, then the others by name."""
        return arms_in_order(self.plan.design)

    def measure(self, total: UnitTotal) -> Measure | None:
        """What a total adds up; None where it counts rows or days of whatever they hold."""
        return None if total.measure is None else self.catalog.facts[total.fact].measures[total.measure]


def kind_of(catalog: Catalog, dataset: str, expression: str) -> Kind:
    """Whether an expression that may be either is a condition; one with a fault counts as a number."""
    try:
        catalog.compile(dataset, expression, "condition")
    except Rejected:
        return "number"
    return "condition"


def studies_due(catalog: Catalog, day: date) -> tuple[str, ...]:
    """Studies to look at in the night of `day`: running, or with windows still to close; and every faulty plan.

    A faulty plan is due every night, so that it shows as failed where on-call looks until it is mended.
    """
    registered = {name: plan for name, plan in catalog.plans.items() if plan.status == "registered"}
    due = {name for name, plan in registered.items() if plan.starts <= day <= catalog.study(name).planned_look}
    return tuple(sorted({*due, *(name for kind, name in catalog.broken if kind == "study")}))
