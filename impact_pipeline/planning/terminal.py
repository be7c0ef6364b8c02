"""A power plan for readers in a terminal: 100 columns hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from impact_pipeline.planning.curve import Curve
from impact_pipeline.planning.decision_outlook import DecisionOutlook
from impact_pipeline.planning.metric_plan import DECIDING, Amount, MetricPlan, Needed, NoMetricPlan
from impact_pipeline.planning.power_plan import PowerPlan
from impact_pipeline.reports.formatting import SHARE, count, mean, unit_of, visible
from impact_pipeline.stats.duration import LONGEST_DAYS
from impact_pipeline.stats.power import NoPlan

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NOTHING = "-"


def show(plan: PowerPlan, console: Console) -> None:
    """Print who and how many, each metric, the decision's chances, the least effects by weeks, and warnings."""
    from rich.text import Text

    for line in _opening(plan):
        console.print(Text(visible(line)))
    console.print(_metrics(plan.planned))
    if isinstance(plan.decision, DecisionOutlook):
        console.print(_chances(plan.decision))
    if plan.curves:
        console.print(_curves(plan.curves))
    for line in _closing(plan):
        console.print(Text(visible(line)))


def _opening(plan: PowerPlan) -> Iterator[str]:
    study, history, entity = plan.study, plan.history, plan.study.plan.entity
    if not isinstance(plan.enrolment, NoPlan):
        units, days = plan.enrolment.planned.units, plan.enrolment.planned_days
        yield f"{study.name}: {units:,.0f} {entity}s expected in {days} days, planned look on {study.planned_look}"
    span = f"{history.period.first} to {history.period.last}"
    yield f"history: {count(history.units)} {history.population.title}, first seen {span}"
    target = next((p.target_power for p in plan.planned if p.use.role in DECIDING), None)
    if target is not None:
        roles = [use.role for use in study.uses]
        shared = (
            f"{_plural(roles.count('success'), 'success metric')}, {_plural(roles.count('guardrail'), 'guardrail')}"
        )
        whole = _percent(study.plan.decision.power)
        yield f"{shared}: each is planned for a power of {_percent(target)}, the decision for {whole}"


def _metrics(plans: Sequence[MetricPlan]) -> Table:
    """Under the name of their role; numbers in the metric's unit, of proportions in per cent."""
    table = _table("metric", "mean", "R²", "sought", "power", "least shown", "in its unit", "units", "days")
    for role, members in groupby(plans, key=lambda plan: plan.use.role):
        table.add_row(role, style="dim")
        for plan in members:
            table.add_row(f"  {visible(plan.metric.label)}", *_numbers(plan))
    return table


def _numbers(plan: MetricPlan) -> Iterator[str]:
    r_squared, needed, least = plan.baseline.r_squared, plan.needed, plan.minimal
    yield _mean(plan)
    yield NOTHING if r_squared is None else f"{100 * r_squared:.0f} %"
    yield _size(plan.sought, plan)
    yield _chance(plan.power) if isinstance(plan.power, float) else NOTHING
    yield from (NOTHING, NOTHING) if isinstance(least, NoPlan) else (_relative(least), _absolute(least, plan))
    if not isinstance(needed, Needed):
        yield from (NOTHING, NOTHING)
    else:
        yield f"{needed.units:,.0f}"
        yield f"> {LONGEST_DAYS}" if needed.days is None else str(needed.days)


def _chances(outlook: DecisionOutlook) -> Table:
    table = _table("if the change is", "ships", "rolls back", "neither")
    for truth, found in outlook.chances.chances.items():
        table.add_row(visible(truth), *(_chance(c) for c in (found.ship, found.rollback, found.inconclusive)))
    return table


def _curves(curves: Sequence[Curve]) -> Table:
    table = _table("least shown after weeks", *(str(point.weeks) for point in curves[0].points))
    table.add_row("units", *(f"{point.units:,.0f}" for point in curves[0].points))
    for curve in curves:
        found = (point.minimal for point in curve.points)
        shown = [NOTHING if isinstance(least, NoPlan) else _size(least, curve.plan) for least in found]
        table.add_row(visible(curve.plan.metric.label), *shown)
    return table


def _closing(plan: PowerPlan) -> Iterator[str]:
    yield from (_of_clusters(metric) for metric in plan.planned if metric.baseline.clusters is not None)
    yield from (_of_blocks(metric) for metric in plan.planned if metric.baseline.blocks is not None)
    for found in plan.metrics:
        if isinstance(found, NoMetricPlan):
            yield f"{found.use.name}: {found.detail}"
            continue
        for what in (found.minimal, found.power, found.needed):
            if isinstance(what, NoPlan):
                yield f"{found.use.name}: {what.detail}"
    for warning in plan.warnings:
        yield f"warning: {warning}"


def _of_clusters(plan: MetricPlan) -> str:
    spread = plan.baseline.clusters
    assert spread is not None
    effect = plan.baseline.design_effect(plan.units)
    return f"{plan.use.name}: ICC {spread.icc:.3g} over {count(spread.clusters)} clusters, design effect {effect:.3g}"


def _of_blocks(plan: MetricPlan) -> str:
    spread = plan.baseline.blocks
    assert spread is not None
    errors = f"{spread.degrees_of_freedom:.1f} degrees of freedom {'over time' if spread.over_time else 'by region'}"
    return f"{plan.use.name}: {count(spread.blocks)} blocks in {count(spread.regions)} regions, {errors}"


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table(first, box=None, padding=(0, 2, 0, 0), title=" ", title_justify="left")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _size(found: Amount | None, plan: MetricPlan) -> str:
    """Relative where it can be."""
    if found is None:
        return NOTHING
    return _absolute(found, plan) if found.relative is None else _relative(found)


def _relative(found: Amount) -> str:
    return NOTHING if found.relative is None else _percent(found.relative)


def _mean(plan: MetricPlan) -> str:
    unit, shown = unit_of(plan.metric), mean(plan.baseline.mean, plan.metric)
    return shown if unit is SHARE else shown.removesuffix(f" {unit.mean}")


def _absolute(found: Amount, plan: MetricPlan) -> str:
    unit = unit_of(plan.metric)
    value = found.absolute * unit.factor
    written = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{written} {unit.difference}" if unit is SHARE else written


def _chance(share: float) -> str:
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.1f} %"


def _percent(share: float) -> str:
    """One decimal, or what shows two significant digits."""
    return f"{100 * share:.1f} %" if share >= 0.01 or share == 0 else f"{100 * share:.2g} %"


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
