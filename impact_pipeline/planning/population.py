"""Units of the past in place of a study's: whose first contact with what counts, and the study that measures them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.causal.designs import CAUSAL
from impact_pipeline.catalog.designs import cluster_column, control_arm
from impact_pipeline.catalog.plan import ColumnSegment, FeatureSegment, MetricUse
from impact_pipeline.engines.scaled import column, named, timestamp
from impact_pipeline.errors import InputError

PRETENDED_ARM = "~arm"
"""The column that says of every unit of the past that it had the control; no column of a contract can have the name."""


@dataclass(frozen=True, slots=True)
class Population:
    """Rows of `dataset` are contacts, at the time in column `at`; `title` tells which, in words."""

    dataset: str
    at: str
    title: str


def population_of(study: Study, fact: str | None = None) -> Population:
    """Units with any row of the dataset of the plan's contacts (of whichever study), or of a fact.

    Raises `InputError` for a fact that is not in the catalog, is about another entity, or names no cluster, and for a
    design that randomises nobody.
    """
    if study.plan.design.type in CAUSAL:
        told = f"study '{study.name}' is a {study.plan.design.type}, which randomises nobody"
        raise InputError(f"{told}: `impact calibrate` tells what such designs find on samples with planted effects")
    rule = study.contacts
    if fact is None:
        return Population(rule.dataset, rule.exposed_at, f"{study.plan.entity}s in '{rule.dataset}'")
    known = {name: f for name, f in study.catalog.facts.items() if f.entity == study.plan.entity}
    if fact not in known:
        allowed = ", ".join(sorted(known)) or "none"
        raise InputError(f"--population '{fact}' is no fact about a {study.plan.entity}; such facts are {allowed}")
    chosen = known[fact]
    cluster = cluster_column(study.plan.design)
    if cluster is not None and cluster not in study.catalog.contracts[chosen.dataset].by_name:
        told = f"dataset '{chosen.dataset}' has no column '{cluster}', by which the plan's arms go"
        raise InputError(f"--population '{fact}': {told}")
    return Population(chosen.dataset, chosen.event_at, f"{study.plan.entity}s in '{fact}'")


def pretended_study(study: Study, population: Population, uses: Sequence[MetricUse], first: date, last: date) -> Study:
    """The study with units of the past, none of them treated; its strata stay, all other segments go."""
    plan = study.plan
    rule = plan.exposure.model_copy(
        update={"dataset": population.dataset, "exposed_at": population.at, "arm_column": PRETENDED_ARM, "filter": None}
    )
    stratum = plan.post_stratify if _has_stratum(study, population) else None
    segments = {name: segment for name, segment in plan.segments.items() if name == stratum}
    changed = {
        "exposure": rule, "starts": first, "ends": last, "metrics": tuple(uses), "segments": segments,
        "post_stratify": stratum, "aa_check": False, "assignment": None, "basis": "exposed",
    }  # fmt: skip
    return Study(study.catalog, plan.model_copy(update=changed))


def contacts_query(pretended: Study) -> exp.Select:
    """Rows of the population (`contacts`) in the shape of exposure rows."""
    plan = pretended.plan
    identifier = pretended.catalog.contracts[plan.exposure.dataset].identifier_of(plan.entity)
    assert identifier is not None
    at = column(plan.exposure.exposed_at)
    columns = [s.column for s in plan.segments.values() if isinstance(s, ColumnSegment)]
    cluster = cluster_column(plan.design)
    kept = dict.fromkeys([identifier, plan.exposure.exposed_at, *columns, *([] if cluster is None else [cluster])])
    arm = named(exp.Literal.string(control_arm(plan.design)), PRETENDED_ARM)
    within = at >= timestamp(plan.starts.isoformat()), at < timestamp((plan.ends + timedelta(days=1)).isoformat())
    query = exp.select(*map(column, kept), arm).from_(exp.to_table("contacts", quoted=True))
    return query.where(*within)


def _has_stratum(study: Study, population: Population) -> bool:
    segment = study.plan.segments.get(study.plan.post_stratify or "")
    if isinstance(segment, ColumnSegment):
        return segment.column in study.catalog.contracts[population.dataset].by_name
    return isinstance(segment, FeatureSegment)
