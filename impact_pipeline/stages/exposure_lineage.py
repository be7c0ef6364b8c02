"""Column lineage of a study's exposures."""

from __future__ import annotations

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BIN, CLUSTER, cluster_column
from impact_pipeline.catalog.plan import ColumnSegment, StudySegment
from impact_pipeline.exposures.query import covariate_column, segment_column
from impact_pipeline.stages.outcome import ColumnLineage


def exposure_lineage(study: Study) -> ColumnLineage:
    """Each column of the exposures -> the trusted column or the feature that it is read from."""
    rule = study.contacts
    identifier = study.catalog.contracts[rule.dataset].identifier_of(study.plan.entity) or ""
    columns = {"unit": identifier, "arm": rule.arm_column, "exposed_at": rule.exposed_at, "cohort_day": rule.exposed_at}
    for name, segment in study.plan.segments.items():
        if isinstance(segment, ColumnSegment):
            columns[segment_column(name)] = segment.column
    if BIN in study.splits:
        columns[segment_column(BIN)] = identifier
    cluster = cluster_column(study.plan.design)
    if cluster is not None:
        columns[segment_column(CLUSTER)] = cluster
    features = {covariate_column(feature.name): feature.name for feature in study.covariates}
    features |= {segment_column(name): feature.name for name, feature in study.segment_features.items()}
    read = {name: ((("trusted", rule.dataset), column),) for name, column in columns.items()}
    for name, segment in study.plan.segments.items():
        if isinstance(segment, StudySegment):
            other = study.other_studies[segment.study].exposure
            read[segment_column(name)] = ((("trusted", other.dataset), other.arm_column),)
    return read | {name: ((("features", feature), "value"),) for name, feature in features.items()}
