from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.decisions.base import Decision
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.stages.history import earlier_cards, past_lifts, recorded_cards
from impact_pipeline_tests.reports import examples

LATER = 100


def later_study(catalog: Catalog) -> Study:
    """A study that begins long after the others ended."""
    ended = next(iter(catalog.plans.values()))
    dates = {"starts": ended.starts + timedelta(days=LATER), "ends": ended.ends + timedelta(days=LATER)}
    plan = ended.model_copy(update={"name": "later", **dates})
    whole = replace(catalog, plans={**catalog.plans, "later": plan})
    return Study(whole, plan)


def stored(lake: Lake, decision: Decision, final: bool = True) -> Study:
    catalog = examples.catalog(examples.plan("first"))
    card = examples.scorecard()
    card = replace(card, study="first", verdict=replace(card.verdict, decision=decision, final=final))
    lake.results.add("first", SCORECARD, card.as_of, card)
    return later_study(catalog)


def test_lifts_over_all_units_of_settled_studies_are_the_history(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    found = past_lifts(earlier_cards(stored(lake, Decision.INCONCLUSIVE), lake, SCORECARD))
    overall = [r for r in examples.scorecard().estimates.results if r.segment == ("", "") and r.type == "estimate"]
    assert [lift.metric for lift in found] == [r.metric for r in overall if r.relative is not None]
    assert all(lift.study == "first" and lift.std_error > 0 for lift in found)


def test_invalid_and_unsettled_studies_are_no_history(tmp_path: Path) -> None:
    for place, (decision, final) in enumerate([(Decision.INVALID, True), (Decision.HOLD, False)]):
        lake = Lake(tmp_path / str(place))
        assert earlier_cards(stored(lake, decision, final), lake, SCORECARD) == ()


def test_a_study_that_had_not_ended_is_no_history(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    later = stored(lake, Decision.SHIP)
    first = later.catalog.study("first")
    sooner = later.plan.model_copy(update={"starts": first.planned_look, "ends": first.planned_look})
    assert earlier_cards(Study(later.catalog, sooner), lake, SCORECARD) == ()


def test_a_reading_is_made_again_of_the_results_it_drew_on(tmp_path: Path) -> None:
    """Whatever stands by now: what is recorded names the result."""
    lake = Lake(tmp_path)
    [card] = earlier_cards(stored(lake, Decision.INCONCLUSIVE), lake, SCORECARD)
    recorded = {card.study: card.provenance.result_id}
    other = replace(card, provenance=replace(card.provenance, result_id="another"))
    lake.results.add("first", SCORECARD, card.as_of, other)
    assert recorded_cards(recorded, lake, SCORECARD) == (card,)
    with pytest.raises(LakeError, match="results of first that the reading drew on are not in the lake any more"):
        recorded_cards({"first": "gone"}, lake, SCORECARD)
