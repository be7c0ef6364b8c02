"""What synthetic controls show: the two paths, gaps by period, placebos and donors' weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Curve, CurvePoint, Exhibit, Gap, Paths, Placebos, Weights
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.fitted import Fitted


def synthetic_exhibits(fitted: Fitted, by_period: Sequence[Effect | Refusal], alpha: float) -> tuple[Exhibit, ...]:
    """All of a fit's exhibits; `by_period` are the effects of periods from the change on."""
    return (
        _paths(fitted, by_period, alpha),
        _curve(fitted, by_period, alpha),
        *_placebos(fitted),
        _weights(fitted),
    )


def _paths(fitted: Fitted, by_period: Sequence[Effect | Refusal], alpha: float) -> Paths:
    block, gaps = fitted.block, fitted.found.gaps
    without = block.target - gaps
    known = [one for one in by_period if isinstance(one, Effect) and np.isfinite([one.lower, one.upper]).all()]
    lower = upper = np.empty(0)
    if known and len(known) == len(by_period):
        after = block.target[block.starts :]
        lower = np.append(without[: block.starts], after - [one.upper for one in known])
        upper = np.append(without[: block.starts], after - [one.lower for one in known])
    return Paths(
        "synthetic control", f"{_treated(block)} and its synthetic control", block.periods,
        tuple(block.target.tolist()), tuple(without.tolist()), block.starts, tuple(lower.tolist()),
        tuple(upper.tolist()), 1 - alpha,
    )  # fmt: skip


def _curve(fitted: Fitted, by_period: Sequence[Effect | Refusal], alpha: float) -> Curve:
    block, positions = fitted.block, axis_positions(fitted.block.periods)
    bounds = [None] * block.starts + [one if isinstance(one, Effect) else None for one in by_period]
    points = tuple(
        CurvePoint(label, position, float(gap), *_finite(own))
        for label, position, gap, own in zip(block.periods, positions, fitted.found.gaps, bounds, strict=True)
    )
    return Curve("gaps", "Gap by period", "period", points, positions[block.starts], 1 - alpha)


def _finite(effect: Effect | None) -> tuple[float | None, float | None]:
    if effect is None or not np.isfinite([effect.lower, effect.upper]).all():
        return None, None
    return effect.lower, effect.upper


def axis_positions(periods: Sequence[str]) -> list[float]:
    """Periods that are numbers stand where they are, others one apart."""
    try:
        found = [float(period) for period in periods]
    except ValueError:
        return [float(place) for place in range(len(periods))]
    return found if np.isfinite(found).all() else [float(place) for place in range(len(periods))]


def _placebos(fitted: Fitted) -> tuple[Placebos, ...]:
    if not fitted.others:
        return ()
    names = fitted.block.donor_names
    gaps = [Gap(_treated(fitted.block), tuple(fitted.found.gaps.tolist()), is_treated=True)]
    for group, one in zip(fitted.groups, fitted.others, strict=True):
        gaps.append(Gap(" + ".join(names[place] for place in group), tuple(one.gaps.tolist()), is_treated=False))
    title = "Gaps of donors in the treated unit's place"
    return (Placebos("placebos", title, fitted.block.periods, fitted.block.starts, tuple(gaps)),)


def _weights(fitted: Fitted) -> Weights:
    rows = sorted(
        zip(fitted.block.donor_names, fitted.found.weights.tolist(), strict=True),
        key=lambda row: (-abs(row[1]), row[0]),
    )
    return Weights("donors", "Donors' weights", tuple(rows))


def _treated(block: Block) -> str:
    return block.names[0] if block.treated_count == 1 else f"mean of {block.treated_count} treated units"
