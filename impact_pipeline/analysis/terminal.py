"""An answer as tables for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.analysis.answer import Answer, ArmReading, Coefficient, CorrectedResult
from impact_pipeline.analysis.causal_terminal import causal_lines, causal_tables
from impact_pipeline.analysis.planning import LookBound, PlanningAnswer
from impact_pipeline.analysis.unit_effect_terminal import unit_effect_lines, unit_effect_tables
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, NotEstimable, Result
from impact_pipeline.estimators.bayesian_reading import BayesianReading
from impact_pipeline.estimators.segment_comparison import SegmentComparison
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.reports.formatting import NO_UNIT, PERCENT, Unit, shown, visible

Rows = list[list[str]]
TableOf = tuple[str, list[str], Rows]
NONE = "-"
ALL = "all units"
LEAST_WIDTH, LEAST_NAME = 100, 7
"""Columns of text below which tables are not squeezed, nor a column of names."""
SENTENCES = "found"
"""The head of a column of sentences, which take as many lines as they need."""
FOLDED = 2
"""The columns up to this hold names and may take several lines."""


def show(answer: Answer) -> None:
    """Print what was found: sample ratio, comparisons, arms, coefficients, plans; then methods and refusals."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=max(Console().width, LEAST_WIDTH))
    for line in _first_lines(answer):
        console.print(visible(line), markup=False, highlight=False)
    for title, heads, rows in _tables(answer):
        table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for place, head in enumerate(heads):
            if head == SENTENCES:
                table.add_column(head, overflow="fold", ratio=1)
                continue
            longest = max((len(row[place]) for row in rows), default=0)
            table.add_column(head, overflow="fold", no_wrap=place > FOLDED, min_width=min(longest, LEAST_NAME) or None)
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        console.print(table)
    for line in _last_lines(answer):
        console.print(visible(line), markup=False, highlight=False)


def _first_lines(answer: Answer) -> Iterator[str]:
    if answer.rows is not None:
        units = ", ".join(f"{arm} {count:,}" for arm, count in (answer.units or {}).items())
        yield f"{answer.rows:,} rows; units: {units}" if units else f"{answer.rows:,} rows"
    for metric, count in (answer.dropped or {}).items():
        yield f"{metric}: {count:,} rows without a number were dropped"
    for ratio in answer.sample_ratio:
        where = "" if ratio.stratum is None else f" in {ratio.stratum}"
        yield f"sample ratio{where}: p = {_p(ratio.p_value)}, at any look p = {_p(ratio.always_valid_p_value)}"


def _tables(answer: Answer) -> Iterator[TableOf]:
    if answer.results:
        control = answer.results[0].contrast.control
        level = _level(answer)
        heads = ["metric", "arm", "segment", "effect", "interval", "lift", "interval", "p"]
        yield (
            f"Differences from '{control}', with {level} intervals",
            heads,
            [_result(result) for result in answer.results],
        )
    margins = [r for r in answer.results if isinstance(r, Estimate) and r.non_inferiority is not None]
    if margins:
        heads = ["metric", "arm", "segment", "margin", "worst not excluded", "p", "within"]
        yield "Not worse by the margin (one-sided)", heads, [_margin(r) for r in margins]
    yield from causal_tables(answer)
    if answer.corrected:
        heads = ["metric", "arm", "p", "interval", "rejected"]
        yield f"All comparisons as one family ({answer.correction})", heads, [_corrected(c) for c in answer.corrected]
    if answer.segment_comparisons:
        heads = ["metric", "arm", "segment", "p", "p of all", "worst value"]
        rows = [_comparison(c) for c in answer.segment_comparisons]
        yield "Do effects differ between segments? (exploratory)", heads, rows
    yield from unit_effect_tables(answer)
    yield from _more_tables(answer)


def _more_tables(answer: Answer) -> Iterator[TableOf]:
    read = [r for r in answer.bayesian if isinstance(r, BayesianReading)]
    if read:
        heads = ["metric", "arm", "lift", "interval", "P(better)", "loss if shipped", "loss if kept"]
        yield "Lifts given the prior", heads, [_bayesian(r) for r in read]
    if answer.arms:
        heads = ["metric", "arm", "n", "value", "std error"]
        yield "Arms", heads, [_arm(a) for a in answer.arms]
    if answer.coefficients:
        heads = ["metric", "name", "value", "std error", f"{_level(answer)} interval", "p"]
        yield "Coefficients", heads, [_coefficient(c) for c in answer.coefficients]
    if answer.e_values:
        rows = [[one.name, f"{one.point:.2f}", f"{one.interval:.2f}"] for one in answer.e_values]
        yield "E-values: how strong a hidden confounder has to be", ["name", "estimate", "interval"], rows
    numbers = [p for p in answer.planning if not p.bounds]
    if numbers:
        yield "Plans", ["name", "question", "answer"], [_planned(p) for p in numbers]
    for plan in (p for p in answer.planning if p.bounds):
        yield f"Bounds of '{plan.name}'", ["look", "information", "statistic", "p"], [_bound(b) for b in plan.bounds]


def _last_lines(answer: Answer) -> Iterator[str]:
    """Methods by metric, what was repaired, and each number that there is not, with its reason."""
    yield from causal_lines(answer)
    methods = dict.fromkeys((result.metric, result.method) for result in answer.results)
    yield from (f"{metric}: {method}" for metric, method in methods)
    for result in answer.results:
        told = (result.detail,) if isinstance(result, NotEstimable) else result.notes
        yield from (f"{result.metric}, {result.contrast.treatment}, {_segment(result, ALL)}: {note}" for note in told)
    inferences = {r.inference for r in answer.results if isinstance(r, Estimate)} - {"fixed_horizon"}
    yield from (f"intervals and p-values: {name.replace('_', '-')}" for name in sorted(inferences))
    yield from unit_effect_lines(answer)
    refused = dict.fromkeys((c.metric, c.detail) for c in answer.coefficients if c.detail)
    yield from (f"{metric}: {detail}" for metric, detail in refused)
    yield from (f"{plan.name}: {plan.detail}" for plan in answer.planning if plan.detail)


def _result(result: Result) -> list[str]:
    named = [result.metric, result.contrast.treatment, _segment(result)]
    if not isinstance(result, Estimate):
        return [*named, "none", NONE, NONE, NONE, NONE]
    effect, lift = shown(result.value, result.interval, NO_UNIT, signed=True), [NONE, NONE]
    if result.relative is not None:
        found = shown(result.relative.value, result.relative.interval, PERCENT, signed=True)
        lift = [found.value, found.interval]
    return [*named, effect.value, effect.interval, *lift, _p(result.p_value)]


def _margin(result: Estimate) -> list[str]:
    test = result.non_inferiority
    assert test is not None
    worst = NONE if test.bound is None else _percent(test.bound) if test.relative else f"{test.bound:+.4g}"
    margin = f"{100 * test.margin:.4g} %" if test.relative else f"{test.margin:.4g}"
    within = "yes" if test.p_value <= 1 - test.level else "no"
    return [result.metric, result.contrast.treatment, _segment(result), margin, worst, _p(test.p_value), within]


def _corrected(own: CorrectedResult) -> list[str]:
    rejected = "yes" if own.rejected else "no"
    return [own.metric, own.contrast.treatment, _p(own.adjusted_p_value), _span(own.interval), rejected]


def _comparison(own: SegmentComparison) -> list[str]:
    contrast: Contrast = own.contrast
    return [own.metric, contrast.treatment, own.segment, _p(own.p_value), _p(own.adjusted_p_value), own.worst]


def _bayesian(own: BayesianReading) -> list[str]:
    return [
        own.metric, own.contrast.treatment, _percent(own.mean), _span(own.interval, PERCENT),
        f"{own.probability_better:.3f}", f"{100 * own.loss_if_shipped:.3g} %", f"{100 * own.loss_if_kept:.3g} %",
    ]  # fmt: skip


def _arm(own: ArmReading) -> list[str]:
    return [own.metric, own.arm, f"{own.n:,}", _number(own.value), _number(own.std_error)]


def _coefficient(own: Coefficient) -> list[str]:
    p_value = NONE if own.p_value is None else _p(own.p_value)
    return [own.metric, own.name, _number(own.value), _number(own.std_error), _span(own.interval), p_value]


def _planned(plan: PlanningAnswer) -> list[str]:
    question = plan.question.replace("_", " ")
    if plan.treatment_units is not None and plan.control_units is not None:
        return [plan.name, question, f"{plan.treatment_units:,} in treatment, {plan.control_units:,} in control"]
    if plan.units_per_arm is not None:
        return [plan.name, question, f"{plan.units_per_arm:,.0f} in each arm"]
    return [plan.name, question, _number(plan.minimal_effect if plan.power is None else plan.power)]


def _bound(bound: LookBound) -> list[str]:
    return [str(bound.look), f"{bound.information:.4g}", _number(bound.statistic), _p(bound.nominal_p_value)]


def _segment(result: Result, everyone: str = "all") -> str:
    return everyone if result.segment == ALL_UNITS else " = ".join(result.segment)


def _level(answer: Answer) -> str:
    return f"{100 * (1 - answer.alpha):.4g} %"


def _span(interval: Interval | None, unit: Unit = NO_UNIT) -> str:
    if interval is None:
        return NONE
    return shown(interval.lower, interval, unit, signed=True).interval


def _percent(share: float) -> str:
    return f"{100 * share:+.3g} %"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.5g}"


def _p(value: float) -> str:
    return f"{value:.2g}" if value < 0.01 else f"{value:.3f}"
