"""What those who read reports may see of each study: all of its newest look, or a blinded card.

Results in the lake stay whole: later looks, replays and audits need them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.plan import StudySegment
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.errors import LakeError
from impact_pipeline.governance.blinding import Blinding, blinding_of, deciding_entries, unblindings
from impact_pipeline.governance.entries import Entry
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.reports.blinded import BlindedScorecard, blinded, without_segments
from impact_pipeline.stages.disclosure import published_card


@dataclass(frozen=True, slots=True)
class Readers:
    """Readers of one home; `entries` are those of the ledger that blinding depends on, by study."""

    catalog: Catalog
    lake: Lake
    entries: Mapping[str, tuple[Entry, ...]]

    @classmethod
    def of(cls, catalog: Catalog, lake: Lake) -> Readers:
        return cls(catalog, lake, deciding_entries(lake.home))

    def blinding(self, study: Study, as_of: date, *, final: bool) -> Blinding:
        """Of a look at `as_of`."""
        return blinding_of(study, self.lake.home, self._own(study), as_of, final=final)

    def blinding_now(self, study: Study) -> Blinding:
        """Of the newest look; of a study without one, as before any."""
        try:
            card = self.lake.results.current(study.name, SCORECARD, Scorecard).value
        except LakeError:
            return self.blinding(study, date.min, final=False)
        return self.blinding(study, card.as_of, final=card.verdict.final)

    def card(self, card: Scorecard, study: Study) -> Scorecard:
        """The card as they may see it; who unblinded the study is among its deviations."""
        deviations = dict.fromkeys((*card.verdict.deviations, *unblindings(self._own(study))))
        card = published_card(card, study, self.lake)
        told = replace(card, verdict=replace(card.verdict, deviations=tuple(deviations)))
        until = self.blinding(study, card.as_of, final=card.verdict.final).until
        return without_segments(told, self._hidden(study)) if until is None else blinded(told, study, until)

    def earlier(self, card: Scorecard, shown: Scorecard) -> Scorecard:
        """An earlier card of the study beside the one that is shown: blinded where that one is."""
        study = self.catalog.study(card.study)
        told = published_card(card, study, self.lake)
        return blinded(told, study, shown.until) if isinstance(shown, BlindedScorecard) else told

    def _hidden(self, study: Study) -> frozenset[str]:
        """Segments whose values are the arms of a study that is blinded."""
        others = {name: one.study for name, one in study.plan.segments.items() if isinstance(one, StudySegment)}
        known = {name: self.catalog.study(other) for name, other in others.items() if other in self.catalog.plans}
        return frozenset(name for name, other in known.items() if self.blinding_now(other).until is not None)

    def _own(self, study: Study) -> tuple[Entry, ...]:
        return self.entries.get(study.name, ())


def blinding_mark(catalog: Catalog, lake: Lake) -> str:
    """A digest that changes with what readers may see: acts on plans, and the choice of plans that are not bound."""
    entries = {study: [entry.hash for entry in own] for study, own in deciding_entries(lake.home).items()}
    return digest(entries, sorted(name for name, plan in catalog.plans.items() if not plan.blinded))
