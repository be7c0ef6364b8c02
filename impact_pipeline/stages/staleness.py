"""Which products no longer are what their inputs say they should be. Reads table logs only, no rows.

This is how a repaired day repairs what depends on it: publish it again, and everything downstream whose inputs changed
is stale, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from impact_pipeline.catalog.catalog import Catalog, Study, studies_due
from impact_pipeline.catalog.feature import FeatureOfRows, LearntFeature
from impact_pipeline.catalog.feature_inputs import dataset_of
from impact_pipeline.catalog.glossary import glossary
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.meaning import definition
from impact_pipeline.contracts.publish import is_published, refused
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.expose import exposure_inputs
from impact_pipeline.features.learnt_inputs import LearntHistory
from impact_pipeline.features.query import lookback_days
from impact_pipeline.governance.erasures import Erasures, erasures_of
from impact_pipeline.governance.plan_documents import meaning_of
from impact_pipeline.governance.reviews import reviews_of
from impact_pipeline.governance.standing import ended_plans
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import ESTIMATES, FINDINGS, SCORECARD
from impact_pipeline.lake.tables import PartitionState
from impact_pipeline.outcomes.fold import is_folded
from impact_pipeline.outcomes.maturity import FactDays, days_of_look
from impact_pipeline.stages.readers import blinding_mark
from impact_pipeline.stages.standing import version_of
from impact_pipeline.stages.study import verdict_inputs


@dataclass(frozen=True, slots=True, order=True)
class Stale:
    """An asset's partition to redo. `wanted` names the inputs it would be made from, so each is asked for once."""

    asset: str
    partition: str
    wanted: str


def stale_data(catalog: Catalog, lake: Lake) -> tuple[Stale, ...]:
    """Published, folded and feature days that were made from other inputs than stand now."""
    stale = [*_stale_publications(catalog, lake), *_stale_folds(catalog, lake)]
    for feature in catalog.features.values():
        if isinstance(feature, LearntFeature):
            stale += _stale_predictions(catalog, lake, feature, stale)
        else:
            stale += _stale_features(catalog, lake, feature)
    return tuple(sorted(stale))


def stale_studies(catalog: Catalog, lake: Lake) -> tuple[Stale, ...]:
    """Studies whose last look read other inputs than stand now, or was left halfway; its date begins `wanted`.

    Before the planned look also those whose documents mean another thing than they did. One whose plan was closed or
    abandoned is looked at no more.
    """
    names, erasures = sorted(set(catalog.plans) - ended_plans(lake.home)), erasures_of(lake.home)
    return tuple(sorted(stale for name in names for stale in _stale_look(catalog.study(name), lake, erasures)))


def _stale_publications(catalog: Catalog, lake: Lake) -> Iterator[Stale]:
    """Staged days that trusted rows were not made from, but for those that their contract refuses."""
    for dataset in catalog.datasets:
        contract, trusted = catalog.contracts[dataset], lake.trusted(dataset).states()
        for day, staged in lake.staging.days(dataset).items():
            if not is_published(contract, trusted.get(day), staged) and not refused(contract, lake, staged):
                yield Stale(f"trusted/{dataset}", day, digest(staged.fingerprint, definition("contract", contract)))


def _stale_folds(catalog: Catalog, lake: Lake) -> Iterator[Stale]:
    for fact in (fact for fact in catalog.facts.values() if fact.fold == "unit_days"):
        folded = lake.unit_days(fact.name).states()
        for day, state in lake.trusted(fact.dataset).states().items():
            if not is_folded(fact, folded.get(day), state.fingerprint):
                yield Stale(f"unit_days/{fact.name}", day, digest(state.fingerprint, definition("fact", fact)))


def _stale_features(catalog: Catalog, lake: Lake, feature: FeatureOfRows) -> Iterator[Stale]:
    """Feature days already built whose inputs changed, and days whose eve has been published since."""
    states, trusted = lake.feature(feature.name).states(), lake.trusted(feature.dataset).states()
    last, meant = catalog.source_of(feature.dataset).last_day or date.max, definition("feature", feature)
    eves = [date.fromisoformat(day) for day in trusted]
    for day in sorted({*eves, *(eve + timedelta(days=1) for eve in eves)}):
        if day > last:
            continue
        reads = [known for known in lookback_days(catalog, feature, day) if known in trusted]
        inputs = {known: trusted[known].fingerprint for known in reads}
        state = states.get(day.isoformat())
        if state is None or state.facts["input_days"] != inputs or state.facts["definition"] != meant:
            yield Stale(f"features/{feature.name}", day.isoformat(), digest(meant, inputs))


def _stale_predictions(
    catalog: Catalog, lake: Lake, feature: LearntFeature, coming: Collection[Stale]
) -> Iterator[Stale]:
    """Days whose inputs stand, none of them among those that are `coming` anew, and that were made from others."""
    states, source = lake.feature(feature.name).states(), catalog.source_of(dataset_of(catalog, feature))
    history, waits = LearntHistory.of(catalog, feature, lake), {f"{item.asset} {item.partition}" for item in coming}
    for day in map(date.fromisoformat, sorted(set().union(*history.features.values()))):
        read = history.inputs(day)
        rests_on = {f"{asset} {known}" for asset, days in read.input_days.items() for known in days}
        if read.absent or waits & rests_on or not source.first_day <= day <= (source.last_day or date.max):
            continue
        state, made_from = states.get(day.isoformat()), (read.input_days, read.definition)
        if state is None or (state.facts["input_days"], state.facts["definition"]) != made_from:
            yield Stale(f"features/{feature.name}", day.isoformat(), digest(*made_from))


def _stale_look(study: Study, lake: Lake, erasures: Erasures) -> Iterator[Stale]:
    exposures = [lake.exposures(basis.table).state() for basis in study.bases]
    cells = [lake.cells(basis.table).state() for basis in study.bases]
    standing = [state for state in (*exposures, *cells) if state is not None]
    if not any(exposures):
        return
    as_of = date.fromisoformat(max(state.facts["as_of"] for state in standing))
    read = days_of_look(study, as_of, FactDays.of(study, lake))
    now = [exposure_inputs(basis, as_of, lake).read for basis in study.bases]
    results = {kind: lake.results.pointer(study.name, kind) for kind in (FINDINGS, ESTIMATES, SCORECARD)}
    whole = all(map(_made_of, exposures, cells, now, (read for _ in now)))
    meaning = meaning_of(study) if as_of < study.planned_look else ""
    edited = meaning != "" and results[SCORECARD].get("meaning", meaning) != meaning
    made_of = [erasures.once(state.fingerprint) for state in cells if state is not None]
    if edited or not whole or not any(_followed(list(marks), results) for marks in product(*made_of)):
        marks = [state.fingerprint for state in standing] + [result.get("digest") for result in results.values()]
        yield Stale("study/verdict", study.name, f"{as_of.isoformat()} {digest(now, read, marks, meaning)}")


def _made_of(
    exposures: PartitionState | None,
    cells: PartitionState | None,
    contacts: Mapping[str, object],
    read: Mapping[str, Mapping[str, str]],
) -> bool:
    """Whether the exposures, and the cells of these exposures, were made from what stands now."""
    return (
        exposures is not None
        and cells is not None
        and all(exposures.facts.get(name) == days for name, days in contacts.items())
        and cells.facts["inputs"] == read
        and cells.facts.get("exposures", exposures.fingerprint) == exposures.fingerprint
    )


def _followed(cells: list[str], results: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether findings, estimates and verdict were each made from what stands of the one before it."""
    made_from = {kind: result.get("made_from") for kind, result in results.items()}
    return made_from[FINDINGS] == made_from[ESTIMATES] == version_of(cells) and made_from[SCORECARD] == verdict_inputs(
        results[FINDINGS]["digest"], results[ESTIMATES]["digest"]
    )


def due_or_stale(catalog: Catalog, lake: Lake, night: date) -> tuple[str, ...]:
    """Studies to look at in a night: those due, and those whose inputs were restated; none whose plan has ended.

    Nor one whose planned look was taken and whose inputs were only reduced since, by erasures: its verdict stands.
    """
    due = set(studies_due(catalog, night)) - ended_plans(lake.home) - _settled(catalog, lake)
    return tuple(sorted(due | {stale.partition for stale in stale_studies(catalog, lake)}))


def _settled(catalog: Catalog, lake: Lake) -> set[str]:
    erasures = erasures_of(lake.home)
    names = [name for name in lake.results.studies(SCORECARD) if erasures.count and name in catalog.plans]
    looked = {name: lake.results.pointer(name, SCORECARD)["as_of"] for name in names}
    taken = [name for name in names if looked[name] == catalog.study(name).planned_look.isoformat()]
    return {name for name in taken if _reduced(lake, name, erasures)}


def _reduced(lake: Lake, study: str, erasures: Erasures) -> bool:
    """A result that was changed or is gone is one to make again."""
    try:
        inputs = lake.results.current(study, SCORECARD, Scorecard).value.provenance.inputs
    except LakeError:
        return False
    return bool(erasures.of_inputs(inputs).requests)


def stale_portfolio(catalog: Catalog, lake: Lake) -> str | None:
    """What the money and the site would be made from, when that differs from what they were made from."""
    wanted = portfolio_inputs(catalog, lake)
    state = lake.kpi("impact").state()
    return None if state is not None and state.input_digest == wanted else wanted


def portfolio_inputs(catalog: Catalog, lake: Lake) -> str:
    """The digest of standing verdicts, what readers may see of them, studies that failed, people's words, and names."""
    names = [name for name in lake.results.studies(SCORECARD) if name in catalog.plans]
    results = {name: lake.results.pointer(name, SCORECARD) for name in names}
    failed = [[f.asset, f.partition, f.message] for f in lake.failures.all() if f.asset.startswith("study/")]
    said = [[one.id, len(one.answers)] for one in reviews_of(lake.home, catalog.reviews.values())]
    terms = [term.as_plain() for term in glossary(catalog)]
    seen = blinding_mark(catalog, lake), catalog.disclosure, erasures_of(lake.home).count
    return digest("portfolio/2", results, failed, *seen, said, terms, *catalog.postmortems.values())
