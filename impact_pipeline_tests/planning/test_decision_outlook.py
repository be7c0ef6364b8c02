"""The chances of a decision are those of the verdicts that studies drawn from the past come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.verdict import decide
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.outcomes.cross_products import CrossProducts
from impact_pipeline.planning.decision_outlook import DecisionOutlook
from impact_pipeline.planning.history import History
from impact_pipeline.planning.metric_plan import Amount
from impact_pipeline.planning.power_plan import plan_power
from impact_pipeline.stats.decision_rule import Chances
from impact_pipeline.stats.inference import AlwaysValid
from impact_pipeline.stats.moments import as_exact
from impact_pipeline.stats.power import NoPlan
from impact_pipeline_tests.planning.pasts import Ints, Units, history_of, past_cells
from impact_pipeline_tests.planning.plans import DAILY, shop_history, shop_past, shop_study
from impact_pipeline_tests.small_studies import Group, cells, mean_metric, moments, study

UNITS = sum(DAILY)
FAST, MANY = 200, 3_000
CHANCE = 3.0
"""Standard errors of a share of simulated studies."""

SMALL_MARGIN = {"relative": 0.05}


def outlook_of(found: Study, history: History | None = None) -> DecisionOutlook:
    decision = plan_power(found, history or shop_history(found)).decision
    assert isinstance(decision, DecisionOutlook), decision
    return decision


def verdicts(found: Study, lift: float, worsening: float, studies: int, seed: int) -> Counter[str]:
    """Of studies of the planned size, drawn from the past, with these true changes of orders and tickets."""
    rng, past = np.random.default_rng(seed), shop_past()
    look = found.planned_look
    counted: Counter[str] = Counter()
    for _ in range(studies):
        arms = [_arm(arm, past, rng, *moved) for arm, moved in (("control", (0, 0)), ("treatment", (lift, worsening)))]
        estimates = estimate_study(found, cells(*arms), look, final=True, plan_digest="")
        counted[decide(found, estimates, (), look).decision.value] += 1
    return counted


def _arm(arm: str, past: dict[str, Units], rng: Generator, lift: float, worsening: float) -> Group:
    chosen = {name: units.take(rng.integers(0, len(units), UNITS // 2)) for name, units in past.items()}
    orders, tickets, clicks = (chosen[name] for name in ("orders", "tickets", "clicks"))
    assert clicks.d is not None
    metrics = {
        "orders": moments(_more(orders.y, lift, rng)),
        "tickets": moments(_more(tickets.y, worsening, rng)),
        "clicks": moments(clicks.y, clicks.d),
    }
    return Group(arm, metrics)


def _more(y: Ints, change: float, rng: Generator) -> Ints:
    added = change * float(np.mean(y))
    return np.asarray(y + np.floor(added + rng.random(len(y))), dtype=np.int64)


def close(found: int, chance: float, studies: int) -> bool:
    return abs(found / studies - chance) < CHANCE * sqrt(max(chance * (1 - chance), 0.02) / studies)


def compare(studies: int, seed: int) -> list[tuple[str, str, float, float]]:
    found = shop_study(margin=SMALL_MARGIN)
    chances = outlook_of(found).chances
    assert not chances.simulated
    truths = {
        "good": (0.12, 0.0), "no effect": (0.0, 0.0), "success harmed": (-0.12, 0.0),
        "guardrail 'tickets' harmed": (0.12, 0.05),
    }  # fmt: skip
    assert list(chances.chances) == list(truths)
    rows = []
    for place, (truth, moved) in enumerate(truths.items()):
        seen, told = verdicts(found, *moved, studies, seed + place), chances.chances[truth]
        rows += [(truth, "ship", told.ship, seen["ship"] / studies)]
        rows += [(truth, "rollback", told.rollback, seen["rollback"] / studies)]
        assert close(seen["ship"], told.ship, studies), (truth, told, seen)
        assert close(seen["rollback"], told.rollback, studies), (truth, told, seen)
    return rows


def test_the_rule_decides_as_often_as_is_told() -> None:
    compare(FAST, seed=3)


@pytest.mark.slow
def test_the_rule_decides_as_often_as_is_told_over_many_studies(capsys: pytest.CaptureFixture[str]) -> None:
    rows = compare(MANY, seed=30)
    with capsys.disabled():
        for truth, branch, told, seen in rows:
            print(f"\n{truth:28} {branch:9} told {told:.3f}, seen {seen:.3f}", end="")  # noqa: T201


def test_a_plan_of_its_needed_units_ships_a_good_change_with_its_power() -> None:
    found = shop_study(expected={"relative": 0.1})
    plan = plan_power(found, shop_history(found))
    least = [found.minimal.relative for found in plan.planned[:2] if isinstance(found.minimal, Amount)]
    sized = shop_study(expected={"relative": least[0]}, margin={"relative": least[1]})
    assert outlook_of(sized).chances.good.ship == pytest.approx(0.9 * 0.9, abs=0.002)


def test_a_success_metric_without_an_expected_effect_is_given_the_least_that_it_shows() -> None:
    found = outlook_of(shop_study(expected=None))
    assert found.assumed == ("orders",)
    assert found.chances.good.ship == pytest.approx(0.9, abs=0.01)


def test_the_harm_that_a_plan_names_is_the_one_that_is_asked_about() -> None:
    def harmed(**guardrail: Any) -> Chances:
        found = shop_study(margin=SMALL_MARGIN)
        uses = (found.uses[0], found.uses[1].model_copy(update=guardrail), found.uses[2])
        worse = Study(found.catalog, found.plan.model_copy(update={"metrics": uses}))
        return outlook_of(worse).chances.chances["guardrail 'tickets' harmed"]

    margin = shop_study(margin={"relative": 0.2}).uses[1].margin  # type: ignore[union-attr]
    assert harmed(harm=margin).rollback > harmed().rollback
    assert harmed(harm=margin).ship < harmed().ship


def test_metrics_that_move_together_are_simulated_together_and_alike_each_time() -> None:
    found = shop_study(margin=SMALL_MARGIN)
    history = shop_history(found)
    rows = np.stack([shop_past()["orders"].y, -shop_past()["orders"].y])
    columns = {one.key: one.sums["y"] for one in history.past.variables.columns if "y" in one.sums}
    names = tuple(dict.fromkeys((columns["orders"], "other")))
    assert columns["orders"] == columns["tickets"]
    together = CrossProducts(names, rows.shape[1], as_exact([int(n) for n in rows.sum(1)]), as_exact(rows @ rows.T))
    correlated = replace(history, past=replace(history.past, together=together))
    first, second = (outlook_of(found, correlated) for _ in range(2))
    assert first.correlated
    assert first.chances == second.chances
    assert first.chances.simulated
    independent = outlook_of(found, history)
    assert not independent.correlated
    assert first.chances.good.ship < independent.chances.good.ship


def test_the_decision_is_that_of_the_plans_looks_and_arms() -> None:
    arms = {"control": 0.4, "new": 0.4, "newer": 0.2}
    found = shop_study(
        design={"type": "randomized", "arms": arms, "control": "control"},
        looks={"type": "always_valid", "planned_units": UNITS},
    )
    plan = outlook_of(found).plan
    assert plan.treatments == 2
    assert plan.arm_correlation == pytest.approx(1 / 3)
    assert plan.inference == AlwaysValid(pytest.approx(UNITS * 0.6))  # type: ignore[arg-type]
    assert plan.units == pytest.approx(UNITS * 0.6)


def test_a_metric_of_which_nothing_is_known_is_left_out() -> None:
    found = shop_study()
    units = shop_past() | {"tickets": Units(np.full(4_000, 3))}
    assert outlook_of(found, history_of(found, past_cells(units))).left_out == ("tickets",)


def test_without_a_success_metric_there_is_no_decision() -> None:
    found = study(mean_metric("orders"), days=7)
    plan = plan_power(found, history_of(found, past_cells({"orders": Units(np.full(50, 3))})))
    assert plan.decision == NoPlan("no success metric can be planned, and nothing ships without one")
