"""What earlier studies ended with: the history that a Bayesian reading takes its prior from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.errors import LakeError
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.bayesian_reading import PastLift, std_error_of_lift
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import stored_results, value_of
from impact_pipeline.outcomes.cells import ALL_UNITS


def past_lifts(cards: tuple[Scorecard, ...]) -> tuple[PastLift, ...]:
    """Lifts over all units of earlier studies."""
    return tuple(lift for card in cards for lift in _lifts(card))


def earlier_cards(study: Study, lake: Lake, kind: str) -> tuple[Scorecard, ...]:
    """Of studies whose planned look was before this one's start, won or lost; no invalid ones.

    They are settled before the study begins, so its reading does not change while others run.
    """
    return tuple(_ended(study, lake, kind))


def recorded_cards(history: Mapping[str, str], lake: Lake, kind: str) -> tuple[Scorecard, ...]:
    """Exactly the results that an earlier computation drew on; `history`: study -> result."""
    kept = ((name, value_of(one, Scorecard)) for name in sorted(history) for one in stored_results(lake, kind, name))
    found = {name: card for name, card in kept if card.provenance.result_id == history[name]}
    missing = sorted(set(history) - set(found))
    if missing:
        raise LakeError(f"results of {', '.join(missing)} that the reading drew on are not in the lake any more")
    return tuple(found[name] for name in sorted(found))


def _ended(study: Study, lake: Lake, kind: str) -> Iterator[Scorecard]:
    for name in sorted(study.catalog.plans):
        if study.catalog.study(name).planned_look >= study.plan.starts:
            continue
        try:
            card = lake.results.current(name, kind, Scorecard).value
        except LakeError:
            continue
        if card.verdict.final and card.verdict.decision is not Decision.INVALID:
            yield card


def _lifts(card: Scorecard) -> Iterator[PastLift]:
    for result in card.estimates.results:
        if isinstance(result, Estimate) and result.segment == ALL_UNITS and result.relative is not None:
            error = std_error_of_lift(result)
            if error:
                yield PastLift(card.study, result.metric, result.relative.value, error)
