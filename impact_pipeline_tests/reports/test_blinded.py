"""What is left of a card while its study is blinded, and how readers see it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Contrast, NotEstimable, Reason
from impact_pipeline.estimators.causal.detail import CausalDetail, NamedEffect
from impact_pipeline.estimators.segment_comparison import SegmentComparison
from impact_pipeline.kpis.base import NoImpact
from impact_pipeline.lake.results import canonical_json
from impact_pipeline.reports.blinded import BlindedScorecard, blinded, without_segments
from impact_pipeline.reports.charts import forest, money_overview, portfolio, segments
from impact_pipeline.reports.look import Look, looks
from impact_pipeline.reports.markdown import summary
from impact_pipeline.reports.narrative import headline, interim
from impact_pipeline.reports.pages import study_body
from impact_pipeline.reports.terminal import summary_rows, summary_table
from impact_pipeline.reports.trajectory_chart import trajectory
from impact_pipeline_tests.reports.examples import CONTRAST, catalog, estimate, scorecard
from impact_pipeline_tests.reports.markup import Markup
from impact_pipeline_tests.small_studies import mean_metric, study

UNTIL = date(2026, 3, 27)
STUDY = catalog().study("ranker_v2")
ALERT = "Bounce rate rose by 4.0 % (95 % interval 2.0 % to 6.0 %): worse than control."


def running(decision: Decision = Decision.HOLD, *alerts: str, **changed: Any) -> Scorecard:
    card = scorecard(decision=decision)
    return replace(card, verdict=replace(card.verdict, final=False, alerts=alerts, **changed))


def look(card: Scorecard) -> Look:
    return Look(blinded(card, STUDY, UNTIL), STUDY)


def test_an_estimate_leaves_its_precision_and_its_units() -> None:
    orders, bounces, refused = blinded(running(), STUDY, UNTIL).estimates.results
    units = {"arm A": 4988, "arm B": 5012}
    plus = "\N{PLUS-MINUS SIGN}"
    arms = Contrast("arm A", "arm B")
    shown = NotEstimable(
        "orders_per_user@1", arms, ("", ""), "cuped", Reason.BLINDED, f"{plus} 3.1 %, 95 % interval", units
    )
    assert orders == shown
    assert isinstance(bounces, NotEstimable)
    assert bounces.detail == f"{plus} 2.4 %, 95 % interval"
    assert isinstance(refused, NotEstimable)
    assert (refused.reason, refused.detail) == (Reason.DENOMINATOR_NEAR_ZERO, "")


def test_nothing_else_of_an_effect_is_left() -> None:
    estimates = blinded(running(), STUDY, UNTIL).estimates
    assert (estimates.trajectory, estimates.family, estimates.beside, estimates.bayesian) == ((), (), (), ())
    assert (estimates.segment_comparisons, estimates.other_basis, estimates.final) == ((), (), False)


def test_money_is_withheld() -> None:
    card = blinded(running(), STUDY, UNTIL)
    assert card.impacts == (NoImpact("ranker_v2", "it is withheld until the look of 2026-03-27"),)


@pytest.mark.parametrize("decision", [Decision.SHIP, Decision.ROLLBACK, Decision.HOLD, Decision.INCONCLUSIVE])
def test_a_decision_that_the_data_did_not_stop_is_a_hold(decision: Decision) -> None:
    verdict = blinded(running(decision, next_step="Give all the arm."), STUDY, UNTIL).verdict
    assert (verdict.decision, verdict.final) == (Decision.HOLD, False)
    assert verdict.reasons == ("The planned look is on 2026-03-27; until then no direction is shown.",)
    assert verdict.next_step == "Keep the arms as they are until the look on 2026-03-27."


def test_harm_to_a_guardrail_stands_first() -> None:
    shown = look(running(Decision.HOLD, ALERT))
    assert shown.card.verdict.reasons[0] == f"Harm so far: {ALERT}"
    assert shown.card.verdict.next_step == "Look at the harm now; unless it is stopped, the look is on 2026-03-27."
    assert headline(shown) == f"Hold: harm so far: {ALERT[:-1]}"


def test_what_stops_a_study_is_told_with_aliases() -> None:
    ratio = Finding("sample_ratio", False, 0.0, 0.001, "control 5 units, treatment 9 units.", "invalidate", {})
    card = replace(running(Decision.INVALID, next_step="Use none of it."), findings=(ratio,))
    verdict = blinded(card, STUDY, UNTIL).verdict
    assert (verdict.decision, verdict.next_step) == (Decision.INVALID, "Use none of it.")
    assert verdict.reasons == ("arm B 5 units, arm A 9 units.",)


def test_what_makes_a_verdict_exploratory_and_deviations_stay() -> None:
    card = running(exploratory=("plan not registered",), deviations=("title changed: A -> B",))
    verdict = blinded(card, STUDY, UNTIL).verdict
    assert verdict.reasons[-1] == "Exploratory: plan not registered."
    assert verdict.deviations == ("title changed: A -> B",)


def test_no_chart_has_anything_to_draw() -> None:
    shown = look(running())
    assert (forest(shown), segments(shown), trajectory(shown)) == (None, None, None)
    assert (portfolio([shown]), money_overview([shown])) == (None, None)


def test_readers_are_told_that_it_is_withheld_and_until_when() -> None:
    shown = look(running())
    assert interim(shown) == "Blinded look: direction is withheld until the planned look, on 2026-03-27."
    page = Markup(study_body(shown, (), None)).text
    assert "Blinded until the planned look, on 2026-03-27." in page
    assert "day 20 of 27 to the planned look; 10,000 units exposed, enrolment has ended" in page
    assert "withheld" in summary(shown)
    [row] = summary_rows([shown.card], catalog())
    assert (row["blinded_until"], row["effect"], row["verdict"]) == ("2026-03-27", None, "hold")
    out = StringIO()
    Console(file=out, width=200, color_system=None).print(summary_table([shown.card], catalog()))
    assert "withheld" in out.getvalue()
    assert "3.1 %, 95 % interval" in out.getvalue()


def test_aliases_stand_wherever_arms_are_counted() -> None:
    shown = look(running())
    page = study_body(shown, (), None)
    assert "arm A 4,988, arm B 5,012" in page
    assert page.count("treatment") == page.count("treatment 50") == 1


def test_a_card_that_is_not_blinded_is_told_as_ever() -> None:
    [shown] = looks([running()], catalog())
    assert (shown.until, shown.arms) == (None, ("control", "treatment"))


def test_segments_by_the_arms_of_a_blinded_study_are_left_out() -> None:
    compared = SegmentComparison("orders_per_user@1", CONTRAST, "platform", 1.0, 1, 0.3, 0.3, 0.0, "web", ())
    card = scorecard()
    card = replace(card, estimates=replace(card.estimates, segment_comparisons=(compared,)))
    assert without_segments(card, frozenset()) is card
    left = without_segments(card, frozenset({"platform"})).estimates
    assert {result.segment for result in left.results} == {("", "")}
    assert left.segment_comparisons == ()
    assert without_segments(card, frozenset({"country"})) == card


def test_a_blinded_card_holds_no_number_of_the_whole_one() -> None:
    card = blinded(running(), STUDY, UNTIL)
    assert isinstance(card, BlindedScorecard)
    text = json.dumps(json.loads(canonical_json(card)))
    for told in ("1.3224", "0.1224", "0.102", "0.0852", "143598", "99954", "Control moves", "fades"):
        assert told not in text


def test_treated_and_untreated_keep_their_names_where_nobody_was_dealt_an_arm() -> None:
    design = {"type": "regression_discontinuity", "cutoff": 0.7}
    sample = {"type": "cross_section", "score": "score", "treatment": "treated"}
    causal = study(mean_metric(), design=design, sample=sample)
    untreated, treated = causal.arms
    effect = NamedEffect("orders", "main", 0.3)
    detail = CausalDetail((), (effect,), (), ())
    own = replace(
        estimate("orders", (1.0, 1.3), (0.1, 0.5)), contrast=Contrast(treated, untreated), n_per_arm={treated: 5}
    )
    card = running()
    card = replace(card, estimates=replace(card.estimates, results=(own,), causal=detail))
    shown = blinded(card, causal, UNTIL)
    assert shown.arms == (untreated, treated)
    assert shown.estimates.causal == CausalDetail((), (), (), ())
    [result] = shown.estimates.results
    assert (result.contrast, result.n_per_arm) == (Contrast(treated, untreated), {treated: 5})
