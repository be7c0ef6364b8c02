"""Data restated after the look that decided: told on every report since, and no reason for another verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.errors import LakeError
from impact_pipeline.estimators.base import Estimate, Result
from impact_pipeline.governance.erasures import Erasures, erasures_of
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.standing import Standing
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.lake.stored import stored_results, value_of
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stages.restore import trusted_mark

SETTLED = frozenset({Decision.SHIP, Decision.ROLLBACK, Decision.INCONCLUSIVE})
LISTED = 3

Inputs = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Decided:
    """The first verdict of a look that settled its study, and which of its inputs read otherwise now.

    Where its inputs were `reduced` by erasures besides, what moved would tell of the erased.
    """

    card: Scorecard
    restated: tuple[str, ...]
    reduced: bool

    def told(self, study: Study, now: Scorecard) -> str:
        """'data restated after the look that decided (ship): trusted/orders 2026-03-05; Orders per user: +0.3 pp'."""
        places = ", ".join(self.restated[:LISTED])
        more = f" and {len(self.restated) - LISTED} more" if len(self.restated) > LISTED else ""
        moved = "" if self.reduced else _moved(study, self.card, now)
        decided = self.card.verdict.decision
        return f"data restated after the look that decided ({decided}): {places}{more}{f'; {moved}' if moved else ''}"


def decided_before(study: Study, lake: Lake, as_of: date, inputs: Inputs) -> Decided | None:
    """The verdict that settled the study at this date, where what it read has been restated since.

    An erasure restates nothing: it lawfully reduces.
    """
    told = (entry.payload for entry in Ledger(lake.home).entries(study.name) if entry.event == "verdict")
    settled = (one for one in told if one["final"] and one["as_of"] == as_of.isoformat() and one["decision"] in SETTLED)
    first = next(settled, None)
    card = None if first is None else _stored(lake, study.name, as_of, first["result_id"])
    if card is None:
        return None
    erasures, then = erasures_of(lake.home), card.provenance.inputs
    restated = tuple(_restated(then, inputs, erasures))
    return Decided(card, restated, bool(erasures.of_inputs(then).requests)) if restated else None


def standing_after(standing: Standing, decided: Decided, study: Study, now: Scorecard) -> Standing:
    """A deviation where the verdict is the same, a reason to explore where it would be another."""
    told = decided.told(study, now)
    if (now.verdict.would_be or now.verdict.decision) is decided.card.verdict.decision:
        return replace(standing, deviations=(*standing.deviations, told))
    return replace(standing, exploratory=(*standing.exploratory, told))


def _stored(lake: Lake, study: str, as_of: date, result_id: str) -> Scorecard | None:
    for one in stored_results(lake, SCORECARD, study):
        if one.as_of != as_of:
            continue
        try:
            card = value_of(one, Scorecard)
        except LakeError:
            continue
        if card.provenance.result_id == result_id:
            return card
    return None


def _restated(then: Inputs, now: Inputs, erasures: Erasures) -> Iterator[str]:
    """Days that were read and read otherwise now, or came late among them."""
    for name, days in sorted(then.items()):
        current = now.get(name, {})
        for day in sorted({*days, *(day for day in current if days and day < max(days))}):
            if erasures.now(trusted_mark(days.get(day, ""))).fingerprint != trusted_mark(current.get(day, "")):
                yield f"{name} {day}"


def _moved(study: Study, before: Scorecard, now: Scorecard) -> str:
    """By how much the first success metric moved: in percentage points of its lift where it has one."""
    old, new = _key(study, before), _key(study, now)
    if old is None or new is None:
        return ""
    label = study.metrics_by_name[new.metric.partition("@")[0]].label
    if old.relative is None or new.relative is None:
        return f"{label}: {new.value - old.value:+.3g}"
    return f"{label}: {100 * (new.relative.value - old.relative.value):+.1f} pp"


def _key(study: Study, card: Scorecard) -> Estimate | None:
    success = {use.name for use in study.uses if use.role == "success"}
    found: Iterator[Result] = (r for r in card.estimates.results if r.segment == ALL_UNITS)
    return next((r for r in found if r.metric.partition("@")[0] in success and isinstance(r, Estimate)), None)
