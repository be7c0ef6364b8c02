"""What a look says besides its estimates, as lines of tables: the family corrected, where effects differ, Bayes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from impact_pipeline.estimators.bayesian_reading import BayesianReading
from impact_pipeline.estimators.family import FamilyMember
from impact_pipeline.reports.formatting import PERCENT, fixed, p_value, shown, unit_of, with_unit
from impact_pipeline.reports.look import Look


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One success metric and arm after the correction for all of them."""

    label: str
    p_value: str
    interval: str
    rejected: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One metric over the values of one segment; p-values are corrected for all comparisons of the look."""

    label: str
    segment: str
    p_value: str
    spread: str
    worst: str


@dataclass(frozen=True, slots=True)
class BayesianRow:
    label: str
    prior: str
    lift: str
    probability_better: str
    loss_if_shipped: str
    loss_if_kept: str
    refused: str = ""


def family_rows(look: Look) -> tuple[FamilyRow, ...]:
    """In the order of the plan; none where there is only one, which needs no correction."""
    members = look.card.estimates.family
    return tuple(_family(look, member) for member in members) if len(members) > 1 else ()


def _family(look: Look, member: FamilyMember) -> FamilyRow:
    unit = unit_of(look.metric(member.metric)) if member.relative is None else PERCENT
    interval = member.relative or member.interval
    middle = 0.0 if interval is None else (interval.lower + interval.upper) / 2
    told = "none" if interval is None else shown(middle, interval, unit, signed=True).interval
    return FamilyRow(
        look.label(member.metric, member.contrast), p_value(member.adjusted_p_value), told,
        "shown" if member.rejected else "not shown",
    )  # fmt: skip


def segment_comparison_rows(look: Look) -> tuple[SegmentRow, ...]:
    """Most different first."""
    found = sorted(look.card.estimates.segment_comparisons, key=lambda one: (one.adjusted_p_value, one.p_value))
    rows = []
    for one in found:
        worst = next(value for value in one.values if value.value == one.worst)
        effect = shown(worst.effect, worst.interval, unit_of(look.metric(one.metric)), signed=True)
        rows.append(
            SegmentRow(
                look.label(one.metric, one.contrast),
                one.segment,
                p_value(one.adjusted_p_value),
                with_unit(fixed(100 * one.i_squared, 0), "%"),
                f"{one.worst}: {effect}",
            )
        )
    return tuple(rows)


def bayesian_rows(look: Look) -> tuple[BayesianRow, ...]:
    """In the order of the plan; metrics without a reading say why."""
    return tuple(_bayesian(look))


def _bayesian(look: Look) -> Iterator[BayesianRow]:
    for reading in look.card.estimates.bayesian:
        label = look.label(reading.metric, reading.contrast)
        if not isinstance(reading, BayesianReading):
            yield BayesianRow(label, "", "", "", "", "", reading.detail)
            continue
        prior = f"{_percent(reading.prior_mean)} \N{PLUS-MINUS SIGN} {_percent(reading.prior_std_dev)}"
        yield BayesianRow(
            label,
            f"{prior} ({reading.prior_from})",
            str(shown(reading.mean, reading.interval, PERCENT, signed=True)),
            _percent(reading.probability_better),
            _percent(reading.loss_if_shipped, 3),
            _percent(reading.loss_if_kept, 3),
        )


def _percent(share: float, places: int = 1) -> str:
    return with_unit(fixed(100 * share, places), "%")
