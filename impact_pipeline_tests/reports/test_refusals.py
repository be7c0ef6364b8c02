"""Each reason why there is no number, made to happen in a small study and read as a reader would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.decisions.scorecard import scorecard_of
from impact_pipeline.estimators.base import NotEstimable, Reason
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.governance.standing import BINDING
from impact_pipeline.kpis.seen import seen_in_cells
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.markdown import summary
from impact_pipeline.reports.narrative import REASONS, refusal
from impact_pipeline.reports.pages import study_body
from impact_pipeline_tests.analysis.tables import answer_of, specified, two_arms
from impact_pipeline_tests.reports.markup import Markup
from impact_pipeline_tests.small_studies import (
    START,
    Group,
    cells,
    exposed,
    mean_metric,
    moments,
    quantile_metric,
    ratio_metric,
    study,
    units_by_value,
)

NEXT = START + timedelta(days=1)
BY_STORE = {
    "type": "cluster_randomized", "arms": {"control": 0.5, "treatment": 0.5}, "control": "control", "cluster": "store",
}  # fmt: skip
APART = {
    "type": "staged_rollout", "control": "control",
    "phases": [
        {"starts": START, "arms": {"control": 1, "treatment": 0}},
        {"starts": NEXT, "arms": {"control": 0, "treatment": 1}},
    ],
}  # fmt: skip
NOTHING_SPENT = {"type": "group_sequential", "planned_units": 10**9, "on": [NEXT]}

UNLIKE_PROSE = re.compile(
    r"\b(?:nan|inf|None|NaN|NotEstimable|Reason|array|dtype|np|object at)\b|\(\s*\)|<[\w.]+\(|[\[{]'|\s[.,;:)]"
)
"""What a sentence for readers never has: Python's own words, empty parentheses, stray signs."""


def group(arm: str, *y: int, d: tuple[int, ...] = (), **fields: Any) -> Group:
    return Group(arm, {"orders": moments(y, d)}, **fields)


def both(*y: int, **fields: Any) -> tuple[Group, Group]:
    return group("control", *y, **fields), group("treatment", *y, **fields)


def of_values(values: np.ndarray[Any, Any]) -> list[Group]:
    """A quantile's cells, the same of both arms."""
    whole, buckets = units_by_value(values, 3)
    return [Group(arm, {"orders": whole}, buckets={"orders": buckets}) for arm in ("control", "treatment")]


@dataclass(frozen=True, slots=True)
class Case:
    study: Study
    cells: Cells
    reason: Reason
    sentence: str


SOUND = group("control", 1, 2, 3), group("treatment", 3, 5, 7)
QUANTILE = quantile_metric("orders", quantile=0.99)

CASES: Mapping[str, Case] = {
    "too few units": Case(
        study(mean_metric(), decision={"min_units_per_arm": 4}), cells(*SOUND), Reason.TOO_FEW_UNITS,
        "An arm has too few units ('control' has 3 units; the plan asks for 4 in each arm).",
    ),
    "no unit in an arm": Case(
        study(mean_metric()), cells(SOUND[1]), Reason.EMPTY_ARM,
        "An arm has no units to compare (no unit was exposed to 'control').",
    ),
    "arms that never met": Case(
        study(mean_metric(), design=APART, days=2), cells(SOUND[0], replace(SOUND[1], day=NEXT)), Reason.EMPTY_ARM,
        "An arm has no units to compare (no phase has units of both arms: the phase from 2026-03-02 is left out: "
        "'treatment' has a share of 0 in it; the phase from 2026-03-03 is left out: 'control' has a share of 0 "
        "in it).",
    ),
    "units that are all alike": Case(
        study(mean_metric()), cells(*both(3, 3, 3)), Reason.ZERO_VARIANCE,
        "Its uncertainty cannot be told (no unit differs from another within its arm; a difference has no "
        "uncertainty).",
    ),
    "covariates that explain everything": Case(
        study(mean_metric(covariates=["before"])),
        cells(*(Group(a, {"orders": moments([2, 4, 6, 9], x=[4, 8, 12, 18])}) for a in ("control", "treatment"))),
        Reason.ZERO_VARIANCE,
        "Its uncertainty cannot be told (the covariates explain every difference between units; an adjusted "
        "difference has no uncertainty).",
    ),
    "a quantile of one value": Case(
        study(quantile_metric("orders")), cells(*of_values(np.repeat([1, 2, 3, 4, 5], 100))), Reason.ZERO_VARIANCE,
        "Its uncertainty cannot be told ('control': the quantile's whole interval is the one value 3).",
    ),
    "a quantile of tied values": Case(
        study(quantile_metric("orders")), cells(*of_values(np.repeat([1, 2], [101, 99]))), Reason.ZERO_VARIANCE,
        "Its uncertainty cannot be told ('control': 50.50 % of values are exactly 1, more than the 3.54 % that "
        "the share at or below it is uncertain by: the quantile jumps between few values and has no normal "
        "error).",
    ),
    "a denominator near zero": Case(
        study(ratio_metric("orders")), cells(*both(1, 2, d=(0, 9))), Reason.DENOMINATOR_NEAR_ZERO,
        "The denominator is too close to zero (the mean denominator of 'control' has a standard error of 100 % "
        "of it; a ratio needs one above 0 with a standard error up to 10 % of it).",
    ),
    "a denominator of nothing": Case(
        study(ratio_metric("orders")), cells(*both(1, 2, d=(0, 0))), Reason.DENOMINATOR_NEAR_ZERO,
        "The denominator is too close to zero (the mean denominator of 'control' is not above 0; a ratio needs "
        "one above 0 with a standard error up to 10 % of it).",
    ),
    "a quantile beyond the data": Case(
        study(QUANTILE), cells(*of_values(1000 + 37 * np.arange(50))), Reason.QUANTILE_BEYOND_DATA,
        "The quantile lies beyond what so few values can tell ('control': 50 units are too few for the quantile "
        "at 0.99: its interval at level 0.95 needs values at shares of 0.9621 and 1.0179).",
    ),
    "windows that are open": Case(
        study(mean_metric(days=3)), cells(exposed("control", 5), exposed("treatment", 4)), Reason.WINDOW_NOT_CLOSED,
        "No outcome window has closed yet (the window ends 2 days after exposure; it has closed for none of the "
        "5 units of 'control').",
    ),
    "rows without a value": Case(
        study(mean_metric()), cells(SOUND[0], replace(SOUND[1], undefined=2)), Reason.MEASURE_UNDEFINED,
        "The measure has no finite value in some rows (2 rows have no finite value of 'orders' (a division by "
        "zero, say); filter such rows or mend the measure).",
    ),
    "a broken definition": Case(
        study(mean_metric(), uses=[{"metric": "refunds", "role": "success"}]), cells(*SOUND), Reason.DEFINITION_BROKEN,
        "The definition of the metric has a fault (the catalog has no sound metric 'refunds').",
    ),
    "an alpha that is spent": Case(
        study(mean_metric(days=90), looks=NOTHING_SPENT), cells(*SOUND), Reason.UNBOUNDED_INTERVAL,
        "No bounded interval exists (the plan's looks leave nothing of alpha for this one: next to no units are "
        "in yet, or earlier looks spent it).",
    ),
    "a method that does not fit": Case(
        study(mean_metric(), uses=[{"metric": "orders", "role": "success", "estimator": "cuped"}]), cells(*SOUND),
        Reason.NO_ESTIMATOR,
        "No estimator fits this design and this kind of metric (estimator 'cuped' does not take this metric "
        "under a randomized design; those that do: difference_in_means).",
    ),
    "one cluster": Case(
        study(mean_metric(), design=BY_STORE),
        cells(*SOUND, *(replace(g, segment=(CLUSTER, f"store {i}")) for i, g in enumerate(SOUND))),
        Reason.TOO_FEW_CLUSTERS, "An arm has too few clusters ('control' has 1 cluster; its error needs at least 2).",
    ),
    "clusters of both arms": Case(
        study(mean_metric(), design=BY_STORE), cells(*SOUND, *(replace(g, segment=(CLUSTER, "store")) for g in SOUND)),
        Reason.MIXED_CLUSTERS,
        "Clusters hold several arms (1 cluster holds units of both 'treatment' and 'control'; a cluster has one "
        "arm: find out how they were logged).",
    ),
}  # fmt: skip
BY_NAME = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def look(case: Case) -> Look:
    """What a night concludes of the study, through estimates and verdict."""
    estimates = estimate_study(case.study, case.cells, START, final=False, plan_digest="ab" * 32)
    card: Scorecard = scorecard_of(
        case.study, seen_in_cells(case.study, case.cells, START), (), estimates, as_of=START, code_version="0.1.0",
        engine="duckdb", inputs={"orders": {START.isoformat(): "mark"}}, standing=BINDING,
    )  # fmt: skip
    return Look(card, case.study)


@BY_NAME
def test_a_reason_is_a_sentence_on_the_page_and_in_the_summary(case: Case) -> None:
    found = look(case)
    [result] = found.results
    assert isinstance(result, NotEstimable)
    assert result.reason is case.reason
    page = Markup(study_body(found, (), None)).text
    told = Markup(MarkdownIt("commonmark").enable("table").render(summary(found))).text
    for text in (page, told):
        assert case.sentence in as_typed(text)
        assert UNLIKE_PROSE.findall(sentence_in(as_typed(text), case.sentence)) == []
        assert not re.search(r"\b(?:nan|None)\b|\(\s*\)", text)


@BY_NAME
def test_a_reason_goes_on_in_words_after_the_metrics_name(case: Case) -> None:
    page = as_typed(Markup(study_body(look(case), (), None)).text)
    clause = f"{case.study.uses[0].metric} cannot be estimated: {case.sentence}"
    assert clause.lower() in page.lower()


def test_columns_that_repeat_each_other_are_told_as_such() -> None:
    """The one reason that only rows give, by `impact analyze`."""
    rng = np.random.default_rng(1)
    arm, x, y = two_arms(rng, 200), rng.normal(size=200), rng.normal(size=200)
    metric = {"type": "mean", "value": "y", "errors": "HC1", "covariates": ["x", "z"]}
    [result] = answer_of(specified(metric), arm=arm, x=x, z=2 * x, y=y).results
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.COLLINEAR
    told = "one column says nothing that others do not ('z' is a combination of the columns before it: leave it out)"
    assert refusal(result) == told


def as_typed(text: str) -> str:
    """Without the characters that keep numbers and their unit together, or addresses from becoming links."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")


def sentence_in(text: str, sentence: str) -> str:
    return text[text.index(sentence) : text.index(sentence) + len(sentence)]


OF_CAUSAL_DESIGNS = {
    Reason.COLLINEAR, Reason.NO_PRE_PERIOD, Reason.TOO_FEW_PERIODS, Reason.MISSING_CELLS,
    Reason.TREATMENT_SWITCHES_OFF, Reason.NO_OVERLAP, Reason.NO_SUPPORT, Reason.NOT_IDENTIFIED, Reason.POOR_FIT,
}  # fmt: skip


def test_every_reason_of_an_estimator_of_cells_is_here_and_all_have_words() -> None:
    others = {*OF_CAUSAL_DESIGNS, Reason.BLINDED, Reason.WITHHELD}
    assert set(Reason) - {case.reason for case in CASES.values()} == others
    assert set(REASONS) == set(Reason)
