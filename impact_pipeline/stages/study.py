"""The stages of one study's look: exposures, cells, findings, estimates, verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.decisions.scorecard import Kept, scorecard_of
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.study import diagnose
from impact_pipeline.errors import LakeError
from impact_pipeline.estimators.aa_simulation import simulate_aa
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.exposures.expose import LOGIC as EXPOSURES_LOGIC
from impact_pipeline.exposures.expose import expose
from impact_pipeline.governance.signing import signing_key
from impact_pipeline.governance.standing import Standing, standing_of
from impact_pipeline.kpis.seen import Seen, seen_in_cells
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import ESTIMATES, FINDINGS, SCORECARD
from impact_pipeline.lake.stored import StoredResult
from impact_pipeline.outcomes.cells_table import read_bins
from impact_pipeline.outcomes.measure import LOGIC as CELLS_LOGIC
from impact_pipeline.outcomes.measure import measure
from impact_pipeline.outcomes.samples.build import measure_samples
from impact_pipeline.reports.charts import forest
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.markdown import summary
from impact_pipeline.stages.causal import assessed, seen_in_samples
from impact_pipeline.stages.cell_lineage import cell_lineage
from impact_pipeline.stages.disclosure import keep_margins
from impact_pipeline.stages.effect_start import effect_start
from impact_pipeline.stages.exposure_lineage import exposure_lineage
from impact_pipeline.stages.first_look import engine_remarks, refuse_other_engine
from impact_pipeline.stages.history import earlier_cards, past_lifts
from impact_pipeline.stages.outcome import Outcome, outcome_of
from impact_pipeline.stages.provenance import kept_of, sign
from impact_pipeline.stages.readers import Readers
from impact_pipeline.stages.record import record_look, record_verdict
from impact_pipeline.stages.restated import decided_before, standing_after
from impact_pipeline.stages.standing import (
    cells_of,
    cells_version,
    exposure_days,
    inputs_read,
    missing_days,
    state_of,
    unassigned_units,
)
from impact_pipeline.stages.workspace import Workspace, code_version

RESULT_LOGIC = "results/2"
PICTURE_SCALE = 1.5
"""Sharp, and no wider than the dialog in which Dagster shows it."""


@dataclass(frozen=True, slots=True)
class StoredFindings:
    """Findings of one look, with the version of the cells they were made from."""

    cells: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class StoredEstimates:
    """Estimates of one look, with the version of the cells, and the results of earlier studies that were drawn on."""

    cells: str
    estimates: StudyEstimates
    history: Mapping[str, str] = field(default_factory=dict)


def look_date(study: Study, lake: Lake, night: date | None) -> date:
    """The date of a look: the night's day, or the newest trusted day of its data; never after the planned look.

    Nor before an earlier look: a past night that is run again looks with all that is known now, so that what stands is
    the newest look, whatever the order of nights. Raises `LakeError` when the study has no data yet.
    """
    if night is None:
        days = {day for dataset in study.datasets for day in lake.trusted(dataset).states()}
        if not days:
            raise LakeError(f"study '{study.name}': none of {', '.join(study.datasets)} has been published yet")
        night = date.fromisoformat(max(days))
    standing = lake.cells(study.table).state()
    looked = date.fromisoformat(standing.facts["as_of"]) if standing else night
    return min(max(night, looked), study.planned_look)


def make_exposures(workspace: Workspace, study: Study, as_of: date) -> Outcome:
    """Published for each basis; the outcome tells of the one that decides."""
    lake, generation = workspace.lake, workspace.generation
    refuse_other_engine(study, lake, workspace.engine.name)
    made = [expose(basis, as_of, lake=lake, engine=workspace.engine, generation=generation) for basis in study.bases]
    upstream = {f"{key} {day}": mark for key, days in exposure_days(lake, study).items() for day, mark in days.items()}
    facts = made[0].state.facts
    shown = {"as_of": as_of.isoformat(), "days_read": len(facts["days"]), "missing_days": str(facts["missing_days"])}
    table = lake.exposures(study.table)
    return outcome_of(table, made[0], EXPOSURES_LOGIC, lineage=exposure_lineage(study), upstream=upstream, facts=shown)


def make_cells(workspace: Workspace, study: Study, as_of: date) -> Outcome:
    """Published for each basis; the outcome tells of the one that decides."""
    lake, generation = workspace.lake, workspace.generation
    refuse_other_engine(study, lake, workspace.engine.name)
    exposures = state_of(lake, study, "exposures")
    measured = measure_samples if study.samples else measure
    made = [measured(basis, as_of, lake=lake, engine=workspace.engine, generation=generation) for basis in study.bases]
    facts = made[0].state.facts
    upstream = {"study/exposures": exposures.fingerprint}
    for dataset, days in facts["inputs"].items():
        upstream.update({f"trusted/{dataset} {day}": mark for day, mark in days.items()})
    shown = {
        "as_of": as_of.isoformat(),
        "cohorts": len({day for days in facts["marks"].values() for day in days}),
        "cohorts_measured": len(facts["cohorts_measured"]) if made[0].written else 0,
        "mixed_units": facts["mixed_units"],
        "missing_days": str(facts["missing_days"]),
    }
    table = lake.cells(study.table)
    return outcome_of(table, made[0], CELLS_LOGIC, lineage=cell_lineage(study), upstream=upstream, facts=shown)


def make_findings(workspace: Workspace, study: Study, as_of: date) -> Outcome:
    lake, version = workspace.lake, cells_version(workspace.lake, study)
    record_look(workspace, study, as_of)
    keep_margins(workspace, study, as_of)
    findings = findings_of(workspace, study, as_of)
    stored = lake.results.add(study.name, FINDINGS, as_of, StoredFindings(version, findings), made_from=version)
    failed = [finding.diagnostic for finding in findings if finding.passed is False and finding.consequence != "none"]
    facts = {"as_of": as_of.isoformat(), "findings_failed": len(failed), "failed": ", ".join(failed)}
    return Outcome(len(findings), stored.digest, RESULT_LOGIC, upstream={"study/cells": version}, facts=facts)


def findings_of(workspace: Workspace, study: Study, as_of: date) -> tuple[Finding, ...]:
    """From the cells that stand."""
    if study.samples:
        return assessed(workspace, study, as_of).findings
    lake = workspace.lake
    cells = {basis.basis: cells_of(workspace, basis) for basis in study.bases}
    unassigned = unassigned_units(lake, workspace.engine, study) if study.plan.assignment else None
    bins = read_bins(lake.cells(study.name), workspace.engine)
    evidence = Evidence(
        cells[study.basis], as_of, missing_days(lake, study), cells, unassigned, simulate_aa(study, bins)
    )
    return diagnose(study, evidence)


def make_estimates(workspace: Workspace, study: Study, as_of: date) -> Outcome:
    lake, version = workspace.lake, cells_version(workspace.lake, study)
    record_look(workspace, study, as_of)
    cards = () if study.samples else earlier_cards(study, lake, SCORECARD)
    estimates = estimates_of(workspace, study, as_of, cards)
    found = StoredEstimates(version, estimates, {card.study: card.provenance.result_id for card in cards})
    stored = lake.results.add(study.name, ESTIMATES, as_of, found, made_from=version)
    refused = [result for result in estimates.results if result.type == "not_estimable"]
    facts = {"as_of": as_of.isoformat(), "estimates": len(estimates.results) - len(refused), "refused": len(refused)}
    upstream = {"study/cells": version}
    return Outcome(len(estimates.results), stored.digest, RESULT_LOGIC, upstream=upstream, facts=facts)


def estimates_of(workspace: Workspace, study: Study, as_of: date, cards: tuple[Scorecard, ...]) -> StudyEstimates:
    """From the cells that stand; `cards` are what earlier studies ended with."""
    if study.samples:
        return assessed(workspace, study, as_of).estimates
    first, *second = study.bases
    return estimate_study(
        first, cells_of(workspace, first), as_of, final=as_of >= study.planned_look, plan_digest=digest(study.plan),
        history=past_lifts(cards),
        also=[(basis, cells_of(workspace, basis)) for basis in second],
    )  # fmt: skip


def make_verdict(workspace: Workspace, study: Study, as_of: date) -> Outcome:
    lake = workspace.lake
    findings = lake.results.current(study.name, FINDINGS, StoredFindings)
    estimates = lake.results.current(study.name, ESTIMATES, StoredEstimates)
    if findings.value.cells != estimates.value.cells:
        raise LakeError(f"study '{study.name}': findings and estimates were made from different cells; redo both")
    card = _judged(workspace, study, as_of, findings.value, estimates.value)
    record_verdict(workspace, card)
    made_from, key = verdict_inputs(findings.digest, estimates.digest), signing_key(workspace.environ)
    stored = lake.results.add(study.name, SCORECARD, as_of, card, made_from=made_from, meaning=card.provenance.meaning)
    if key is not None:
        sign(StoredResult(study.name, as_of, stored.path), card.provenance, key)
    return _told(
        workspace, card, study, stored.digest, {"study/findings": findings.digest, "study/estimates": estimates.digest}
    )


def _judged(
    workspace: Workspace, study: Study, as_of: date, found: StoredFindings, estimated: StoredEstimates
) -> Scorecard:
    """As the plan stands; a verdict that settled the study before is not turned by data restated since."""
    lake, both = workspace.lake, (found.findings, estimated.estimates)
    kept = kept_of(lake, study, estimated.history)
    remarks = engine_remarks(lake, study.name, as_of, workspace.engine.name)
    standing = standing_of(study, workspace.home, effect_start(study, lake, workspace.engine))
    card = card_of(workspace, study, as_of, *both, kept, remarks, standing)
    decided = decided_before(study, lake, as_of, card.provenance.inputs)
    if decided is None:
        return card
    standing = standing_after(standing, decided, study, card)
    return card_of(workspace, study, as_of, *both, kept, remarks, standing)


def _told(workspace: Workspace, card: Scorecard, study: Study, version: str, upstream: Mapping[str, str]) -> Outcome:
    """What is recorded of a verdict, as readers may see it."""
    look = Look(Readers.of(workspace.catalog, workspace.lake).card(card, study), study)
    card, figure = look.card, forest(look)
    facts = {
        "as_of": card.as_of.isoformat(),
        "verdict": card.verdict.decision.value,
        "reason": card.verdict.reasons[0],
        "grade": card.verdict.grade,
        "result_id": card.provenance.result_id,
        "plan_digest": card.provenance.plan_digest,
    }
    return Outcome(
        1, version, RESULT_LOGIC, upstream=upstream, facts=facts,
        markdown=summary(look), picture=figure.png(PICTURE_SCALE) if figure else None,
    )  # fmt: skip


def card_of(
    workspace: Workspace,
    study: Study,
    as_of: date,
    findings: tuple[Finding, ...],
    estimates: StudyEstimates,
    kept: Kept,
    remarks: tuple[str, ...],
    standing: Standing,
) -> Scorecard:
    """The scorecard of a look at what stands, made by this code on this engine."""
    return scorecard_of(
        study, _seen(workspace, study, as_of), findings, estimates, as_of=as_of, code_version=code_version(),
        engine=workspace.engine.name, inputs=inputs_read(workspace.lake, study), kept=kept, remarks=remarks,
        standing=standing,
    )  # fmt: skip


def _seen(workspace: Workspace, study: Study, as_of: date) -> Seen:
    if study.samples:
        return seen_in_samples(workspace, study, as_of)
    return seen_in_cells(study, cells_of(workspace, study), as_of)


Stage = Callable[[Workspace, Study, date], Outcome]
STAGES: Mapping[str, Stage] = {
    "exposures": make_exposures,
    "cells": make_cells,
    "findings": make_findings,
    "estimates": make_estimates,
    "verdict": make_verdict,
}


def verdict_inputs(findings: str, estimates: str) -> str:
    """The digest of what a verdict is made from, given the digests of both."""
    return digest("verdict/1", findings, estimates)


def current_scorecard(lake: Lake, study: str) -> Scorecard:
    """The scorecard that stands; raises `LakeError` when there is none."""
    return lake.results.current(study, SCORECARD, Scorecard).value
