"""Holdouts beside the studies that they hold back, as lines of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from impact_pipeline.catalog.designs import HoldoutDesign
from impact_pipeline.decisions.base import Decision
from impact_pipeline.kpis.base import Impact
from impact_pipeline.kpis.holdout import NoReconciliation, Reconciliation, reconcile
from impact_pipeline.kpis.portfolio import PortfolioEntry
from impact_pipeline.reports.formatting import Shown, money
from impact_pipeline.reports.look import Look


@dataclass(frozen=True, slots=True)
class HoldoutRow:
    """`refused` holds why a holdout is not compared yet."""

    look: Look
    studies: str = ""
    claimed: Shown | None = None
    corrected: Shown | None = None
    measured: Shown | None = None
    judged: str = ""
    refused: str = ""


def holdout_rows(looks: Sequence[Look]) -> tuple[HoldoutRow, ...]:
    """One for each holdout and treatment arm."""
    return tuple(row for look in looks for row in _rows(look, looks))


def _rows(look: Look, looks: Sequence[Look]) -> Iterator[HoldoutRow]:
    design = look.study.plan.design
    if not isinstance(design, HoldoutDesign):
        return
    impacts = [impact for impact in look.card.impacts if isinstance(impact, Impact)]
    if not look.usable or not impacts:
        yield HoldoutRow(look, refused="it has no valid amount of money yet")
        return
    decided = list(_decided([other for other in looks if other.card.study in design.holds_back]))
    for impact in impacts:
        yield _row(look, reconcile(impact, decided))


def _decided(looks: Sequence[Look]) -> Iterator[PortfolioEntry]:
    for look in looks:
        if look.card.verdict.final and look.usable:
            shipped = look.card.verdict.decision == Decision.SHIP
            yield from (PortfolioEntry(impact, shipped) for impact in look.card.impacts if isinstance(impact, Impact))


def _row(look: Look, found: Reconciliation | NoReconciliation) -> HoldoutRow:
    if isinstance(found, NoReconciliation):
        return HoldoutRow(look, refused=found.detail)
    total, measured = found.shipped, found.measured
    gap = money(found.gap, found.gap_interval, total.currency)
    judged = "agrees with" if found.agrees else ("exceeds" if found.gap > 0 else "falls short of")
    return HoldoutRow(
        look,
        ", ".join(found.studies),
        money(total.claimed, total.interval, total.currency),
        money(total.corrected, total.interval, total.currency),
        money(measured.amount, measured.interval, measured.currency),
        f"What was measured {judged} what was claimed, corrected for selection: by {gap.value} ({gap.interval})",
    )
