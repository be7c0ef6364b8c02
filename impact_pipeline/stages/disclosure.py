"""What readers get of a stored look: the counts behind its numbers are kept beside it, and decide what is withheld.

Every reader of scorecards but those that recompute them takes them from here. What is told of a look depends on the
looks before it, so all of them are gone through in order, under the policy as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.disclosure import DisclosurePolicy
from impact_pipeline.catalog.reached import catalog_of
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.decisions.disclosed import Disclosed
from impact_pipeline.decisions.published import published
from impact_pipeline.governance.disclosure import Counts, Margin, Telling, Told, apart, told_of
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import MARGINS, SCORECARD
from impact_pipeline.lake.stored import StoredResult, kept_documents, stored_results, value_of
from impact_pipeline.outcomes.cells import EXPOSED
from impact_pipeline.outcomes.margins import Margins, margins_of
from impact_pipeline.stages.causal import seen_in_samples
from impact_pipeline.stages.near_groups import near_groups
from impact_pipeline.stages.standing import cells_of, cells_version, version_of
from impact_pipeline.stages.workspace import Workspace

NOTHING = Telling("small")


def keep_margins(workspace: Workspace, study: Study, as_of: date) -> None:
    """Keep the counts behind a look's numbers, once for the same cells."""
    version = cells_version(workspace.lake, study)
    counted = _counted(workspace, study, as_of, version)
    workspace.lake.results.add(study.name, MARGINS, as_of, counted, made_from=version)


def _counted(workspace: Workspace, study: Study, as_of: date, version: str) -> Margins:
    if study.samples:
        return Margins(version, {EXPOSED: Margin(dict(seen_in_samples(workspace, study, as_of).per_arm))})
    first, *second = study.bases
    readings, by_day = margins_of(first, cells_of(workspace, first), as_of)
    near = near_groups(workspace, study, readings[EXPOSED]) if study.protected else ()
    readings = {key: replace(margin, near=near) for key, margin in readings.items()}
    other = [margins_of(basis, cells_of(workspace, basis), as_of)[0] for basis in second]
    return Margins(version, readings, by_day, other[0] if other else {})


@dataclass(frozen=True, slots=True)
class LookTold:
    """A look, and what is told of it by key of a reading."""

    as_of: date
    margins: Margins
    readings: Mapping[str, Telling]
    other: Mapping[str, Telling]


def published_card(card: Scorecard, study: Study, lake: Lake) -> Scorecard:
    """The scorecard as readers get it; where its counts were not kept nothing is told."""
    policy = study.catalog.disclosure
    if not study.protected or policy.tells_all:
        return card
    looks = looks_told(lake, study.name, policy)
    own = next((n for n, look in reversed(list(enumerate(looks))) if _is_of(look, card, study)), None)
    if own is None:
        return published(card, study, Disclosed(study.plan.entity, policy, {}))
    told = _disclosed(looks[: own + 1], study)
    standing, cards = _standing(looks[:own], looks[own]), stored_results(lake, SCORECARD, study.name)
    found = {key: _earlier_card(look, looks, study, cards) for key, look in standing.items()}
    return published(card, study, replace(told, stands={key: one for key, one in found.items() if one is not None}))


def study_of(card: Scorecard, catalog: Catalog, lake: Lake) -> Study:
    """The study by the documents that are kept with the result, else as the catalog has it; the policy is today's."""
    kept = kept_documents(lake, card.study, card.provenance.documents)
    known = catalog if kept is None else replace(catalog_of(kept), disclosure=catalog.disclosure)
    return known.study(card.study)


def looks_told(lake: Lake, study: str, policy: DisclosurePolicy) -> tuple[LookTold, ...]:
    """Every look whose counts were kept, in order of date and time."""
    kept = sorted(stored_results(lake, MARGINS, study), key=lambda one: (one.as_of, one.path.stat().st_mtime_ns))
    return _told(tuple(kept), policy)


@lru_cache(maxsize=1024)
def _told(kept: tuple[StoredResult, ...], policy: DisclosurePolicy) -> tuple[LookTold, ...]:
    """Files are named by their content, so what was worked out of them is found again."""
    looks: list[LookTold] = []
    for one in kept:
        looks.append(_look_told(one.as_of, value_of(one, Margins), looks, policy))
    return tuple(looks)


def _look_told(as_of: date, margins: Margins, before: Sequence[LookTold], policy: DisclosurePolicy) -> LookTold:
    exposed = told_of(margins.readings[EXPOSED], _earlier(before, EXPOSED), policy)
    rare = _rare(exposed)
    readings = {key: told_of(own, _earlier(before, key), policy, rare) for key, own in margins.readings.items()}
    readings[EXPOSED] = exposed
    other = {key: _other(margins, key, before, policy) for key in margins.other}
    return LookTold(as_of, margins, readings, other)


def _earlier(before: Sequence[LookTold], key: str) -> tuple[Told, ...]:
    return tuple((look.margins.readings[key], look.readings[key]) for look in before if key in look.readings)


def _rare(told: Telling) -> Telling:
    """Values that too few units have at all: their names are not told beside any number."""
    rare = {s: {v: why for v, why in values.items() if why in ("small", "near")} for s, values in told.groups.items()}
    return Telling(None, rare)


def _other(margins: Margins, key: str, before: Sequence[LookTold], policy: DisclosurePolicy) -> Telling:
    """Of the other basis all units are told, where they are not nearly those of the basis that decides."""
    margin, own = replace(margins.other[key], segments={}), margins.readings.get(key)
    earlier = tuple((look.margins.other[key], look.other[key]) for look in before if key in look.other)
    found = told_of(margin, earlier, policy)
    near = own is not None and not apart(margin.whole, own.whole, policy.minimum_group_size)
    return Telling("near") if found.whole is None and near else found


def _is_of(look: LookTold, card: Scorecard, study: Study) -> bool:
    marks = [card.provenance.tables.get(f"study/cells/{basis.table}", "") for basis in study.bases]
    return look.as_of == card.as_of and look.margins.cells == version_of(marks)


def _disclosed(looks: Sequence[LookTold], study: Study) -> Disclosed:
    own, policy = looks[-1], study.catalog.disclosure
    points = {
        (key, day) for key, by_day in own.margins.by_day.items() if key != EXPOSED
        for day in _days_told(by_day, [*_wholes(looks, key)], own.readings.get(key), policy)
    }  # fmt: skip
    cohorts = frozenset(_cohorts(own.margins.by_day.get(EXPOSED, {}), policy))
    return Disclosed(study.plan.entity, policy, own.readings, own.other, frozenset(points), cohorts)


def _wholes(looks: Sequence[LookTold], key: str) -> Iterator[Counts]:
    """What was told of all units, at this look and those before."""
    for look in looks:
        if key in look.readings and look.readings[key].whole is None:
            yield look.margins.readings[key].whole


def _days_told(
    by_day: Mapping[str, Counts], known: list[Counts], telling: Telling | None, policy: DisclosurePolicy
) -> Iterator[date]:
    """Days whose point follows neither from another one nor from a look with few units more or less."""
    if telling is None or telling.whole in ("dominated", "near"):
        return
    for day, counts in sorted(by_day.items()):
        least = policy.minimum_group_size
        if all(n == 0 or n >= least for n in counts.values()) and all(apart(counts, one, least) for one in known):
            known.append(counts)
            yield date.fromisoformat(day)


def _cohorts(by_day: Mapping[str, Counts], policy: DisclosurePolicy) -> Iterator[date]:
    """Days on which nobody was exposed to an arm, or enough."""
    before: Counts = {}
    for day, counts in sorted(by_day.items()):
        if apart(counts, before, policy.minimum_group_size):
            yield date.fromisoformat(day)
        before = counts


def _standing(before: Sequence[LookTold], own: LookTold) -> dict[str, LookTold]:
    """Key -> the newest look before whose numbers stand, because too few units joined since."""
    found = {}
    for key, telling in own.readings.items():
        if telling.whole == "few_since":
            found[key] = next(look for look in reversed(before) if look.readings.get(key, NOTHING).whole is None)
    return found


def _earlier_card(
    look: LookTold, looks: Sequence[LookTold], study: Study, cards: Sequence[StoredResult]
) -> Scorecard | None:
    """The scorecard of an earlier look as it is told; None where none was made or it is gone."""
    for stored in cards:
        card = value_of(stored, Scorecard) if stored.as_of == look.as_of else None
        if card is not None and _is_of(look, card, study):
            return published(card, study, _disclosed(looks[: looks.index(look) + 1], study))
    return None
