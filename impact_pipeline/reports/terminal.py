"""What a night concluded, as a table in a terminal and as plain rows for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.decisions.base import Decision
from impact_pipeline.estimators.base import Estimate, NotEstimable
from impact_pipeline.governance.reviews import Review, open_challenges
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.look import Entry, Look, StudyFailure, failures, looks
from impact_pipeline.reports.narrative import displayed_interval
from impact_pipeline.reports.rows import NOTHING, estimate_rows

if TYPE_CHECKING:
    from rich.table import Table

Cell = str | float | None
STYLES: Mapping[str, str] = {
    Decision.SHIP: "green", Decision.HOLD: "yellow", Decision.ROLLBACK: "red", Decision.INVALID: "magenta",
    Decision.INCONCLUSIVE: "dim", "failed": "bold red",
}  # fmt: skip


def summary_table(entries: Iterable[Entry], catalog: Catalog, reviews: Sequence[Review] = ()) -> Table:
    """Study, key metric, effect, interval, verdict and first reason; what failed comes last."""
    from rich.table import Table
    from rich.text import Text

    listed = tuple(entries)
    table = Table("study", "key metric", "effect", "interval", "verdict", "reason")
    for look in looks(listed, catalog, reviews):
        cells, decision = _shown(look), look.card.verdict.decision
        reason = next(iter(look.card.verdict.reasons), "")
        marks = {"exploratory": bool(look.card.verdict.exploratory), "challenged": look.challenged}
        told = Text("".join([decision, *(f" ({mark})" for mark, there in marks.items() if there)]), STYLES[decision])
        table.add_row(*(Text(visible(cell)) for cell in cells), told, Text(visible(reason)))
    for failure in failures(listed):
        told = Text(visible(f"{failure.stage}: {failure.message}"))
        table.add_row(Text(visible(failure.study)), *[NOTHING] * 3, Text("failed", STYLES["failed"]), told)
    return table


def summary_rows(
    entries: Iterable[Entry], catalog: Catalog, reviews: Sequence[Review] = ()
) -> list[dict[str, Cell]]:  # fmt: skip
    """The same as plain values; effects and bounds are relative (shares) where `scale` says so.

    An invalid study has no numbers here, nor has one that is `blinded_until` its planned look.
    """
    listed = tuple(entries)
    shown = looks(listed, catalog, reviews)
    return [*(_row(look) for look in shown), *(_failed(failure) for failure in failures(listed))]


def _shown(look: Look) -> tuple[str, str, str, str]:
    if look.key is None:
        return look.card.study, NOTHING, NOTHING, NOTHING
    row = estimate_rows(look, [look.key])[0]
    if not look.usable:
        return look.card.study, row.label, "not valid", NOTHING
    if row.effect is None:
        told, precision = row.instead
        return look.card.study, row.label, told, precision if look.until else NOTHING
    return look.card.study, row.label, row.effect.value, row.effect.interval


def _row(look: Look) -> dict[str, Cell]:
    verdict = look.card.verdict
    return {
        "study": look.card.study, "as_of": look.card.as_of.isoformat(), "metric": look.key.metric if look.key else None,
        **_numbers(look), "verdict": str(verdict.decision), "grade": verdict.grade,
        "reason": next(iter(verdict.reasons), None), "exploratory": "; ".join(verdict.exploratory) or None,
        "blinded_until": look.until.isoformat() if look.until else None,
        "challenges": len(open_challenges(look.reviews)), "withheld": _withheld(look), "error": None,
    }  # fmt: skip


def _withheld(look: Look) -> str | None:
    return look.key.detail if isinstance(look.key, NotEstimable) and look.key.withheld else None


def _numbers(look: Look) -> dict[str, Cell]:
    key = look.key
    if not isinstance(key, Estimate) or not look.usable:
        return dict.fromkeys(("scale", "effect", "lower", "upper", "level", "p_value"))
    interval = displayed_interval(key)
    effect, scale = (key.value, "absolute") if key.relative is None else (key.relative.value, "relative")
    return {
        "scale": scale, "effect": effect, "lower": interval.lower, "upper": interval.upper, "level": interval.level,
        "p_value": key.p_value,
    }  # fmt: skip


def _failed(failure: StudyFailure) -> dict[str, Cell]:
    named = ("as_of", "metric", "scale", "effect", "lower", "upper", "level", "p_value", "grade", "reason")
    error = f"{failure.stage}: {failure.message}"
    empty = dict.fromkeys((*named, "exploratory", "blinded_until", "challenges", "withheld"))
    return {"study": failure.study, **empty, "verdict": "failed", "error": error}
