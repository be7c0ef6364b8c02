from __future__ import annotations

from dataclasses import replace
from datetime import date

from impact_pipeline.catalog.designs import HoldoutDesign
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.estimators.base import Interval
from impact_pipeline.kpis.base import Impact, NoImpact
from impact_pipeline.reports.holdout_rows import holdout_rows
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.pages import index_body
from impact_pipeline_tests.reports.examples import catalog, plan, scorecard

ARMS = {"control": 0.1, "treatment": 0.9}


def looks(measured: float | None, *cards: Scorecard) -> list[Look]:
    """The holdout with its measured money, and the studies that it holds back."""
    names = tuple(card.study for card in cards) or ("ranker_v2",)
    design = HoldoutDesign(type="holdout", arms=ARMS, control="control", holds_back=names)
    held = plan("everything").model_copy(update={"design": design, "ends": date(2026, 3, 20)})
    found = catalog(held, *(plan(card.study) for card in cards))
    [impact] = scorecard("everything").impacts
    assert isinstance(impact, Impact)
    amount = NoImpact("everything", "no money yet") if measured is None else with_amount(impact, measured)
    own = replace(scorecard("everything"), impacts=(amount,))
    return [Look(card, found.study(card.study)) for card in (own, *cards)]


def with_amount(impact: Impact, amount: float) -> Impact:
    half = 60_000.0
    return replace(impact, amount=amount, interval=Interval(amount - half, amount + half, 0.95))


def test_a_holdout_that_earns_what_was_claimed_agrees() -> None:
    [row] = holdout_rows(looks(150_000.0, scorecard("ranker_v2")))
    assert (row.studies, row.refused) == ("ranker_v2", "")
    assert row.claimed is not None
    assert row.claimed.value.startswith("144,")
    assert row.judged.startswith("What was measured agrees with what was claimed, corrected for selection: by ")


def test_a_holdout_that_earns_less_says_by_how_much() -> None:
    [row] = holdout_rows(looks(-20_000.0, scorecard("ranker_v2")))
    assert row.judged.startswith("What was measured falls short of what was claimed, corrected for selection: by")


def test_what_cannot_be_compared_is_told() -> None:
    [no_money] = holdout_rows(looks(None, scorecard("ranker_v2")))
    assert no_money.refused == "it has no valid amount of money yet"
    [nothing] = holdout_rows(looks(1000.0, scorecard("ranker_v2", Decision.INCONCLUSIVE)))
    assert nothing.refused == "none of the studies that it holds back has shipped yet"
    [invalid] = holdout_rows(looks(1000.0, scorecard("ranker_v2", Decision.INVALID)))
    assert invalid.refused == "none of the studies that it holds back has shipped yet"


def test_the_index_has_a_table_of_holdouts_where_there_are_any() -> None:
    shown = looks(150_000.0, scorecard("ranker_v2"))
    page = index_body(shown, (), frozenset())
    assert "<h2>Holdouts</h2>" in page
    assert "agrees with what was claimed" in page
    assert "Holdouts" not in index_body(shown[1:], (), frozenset())
