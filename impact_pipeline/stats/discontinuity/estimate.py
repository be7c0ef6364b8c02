"""A discontinuity estimated, or why it cannot be: rows are checked before and after bandwidths are chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.stats.discontinuity.bandwidths import Bandwidths, Pair, Recipe, Selector, select
from impact_pipeline.stats.discontinuity.errors import CutoffErrors, errors_of
from impact_pipeline.stats.discontinuity.kernels import rows_within
from impact_pipeline.stats.discontinuity.robust import Discontinuous, discontinuity
from impact_pipeline.stats.discontinuity.sides import Side, Sides
from impact_pipeline.stats.refusal import Refusal

LEAST_ROWS = 10
"""Rows within the bandwidth on each side."""
FEWEST_VALUES = 5
"""Distinct scores within the bandwidth on each side: with fewer a line is drawn through hardly more than points."""

ROUNDING = 1e-12
"""Errors below this share of the outcome's range are rounding."""


def estimate(
    rows: CutoffErrors, recipe: Recipe, widths: Selector | Bandwidths, *, by_outcome: bool = False
) -> Discontinuous | Refusal:
    """Fits both sides within given bandwidths or those of a rule.

    The rule of a fuzzy design looks at the outcome alone where asked to, and where all units of a side are treated
    alike. Refused: scores that are not finite, a constant outcome, a side with few rows or few distinct scores within
    the bandwidth, errors that are 0.

    >>> from impact_pipeline.stats.discontinuity.errors import errors_of
    >>> from impact_pipeline.stats.discontinuity.sides import sides_of
    >>> rng = np.random.default_rng(0)
    >>> score = rng.uniform(-1, 1, 1000)
    >>> outcome = 2 * (score >= 0) + rng.normal(size=1000)
    >>> found = estimate(errors_of(sides_of(score, outcome[None])), Recipe(), "mserd")
    >>> round(found.jump().corrected)
    2
    """
    if refusal := not_usable(rows, recipe):
        return refusal
    chosen = (
        widths if isinstance(widths, Bandwidths) else chosen_bandwidths(rows, recipe, widths, by_outcome=by_outcome)
    )
    if isinstance(chosen, Refusal):
        return chosen
    if refusal := _too_thin(rows, recipe, chosen):
        return refusal
    found = discontinuity(rows, recipe, chosen)
    return _no_error(found) or found


def not_usable(rows: CutoffErrors, recipe: Recipe) -> Refusal | None:
    """Why rows of either side cannot be fitted at any bandwidth, or None."""
    coefficients = recipe.bias_order + 3
    for name, side in zip(("below", "above"), rows.sides, strict=True):
        if len(side) < max(LEAST_ROWS, coefficients):
            told = f"{len(side)} units lie {name} the cut-off; each side needs {max(LEAST_ROWS, coefficients)} at least"
            return Refusal("too_few_units", f"{told}: check the cut-off, or widen the sample")
        if not np.isfinite(side.distance).all():
            return Refusal("measure_undefined", "the score has no finite value in some units: leave them out")
        if side.distinct < max(FEWEST_VALUES, coefficients):
            return _few_values(side.distinct, name, "", max(FEWEST_VALUES, coefficients))
        if side.cluster is not None and rows.errors.clustered and len(np.unique(side.cluster)) < 2:
            return Refusal(
                "too_few_clusters", f"units {name} the cut-off belong to one cluster; errors need two or more"
            )
    outcome = [side.columns[0] for side in rows.sides]
    if all(np.ptp(values) == 0 for values in outcome):
        return Refusal("zero_variance", "the outcome does not vary on either side of the cut-off")
    return None


def chosen_bandwidths(
    rows: CutoffErrors, recipe: Recipe, selector: Selector, *, by_outcome: bool
) -> Bandwidths | Refusal:
    """The rule's bandwidths; refused where the data leave it without an answer."""
    if recipe.fuzzy and (by_outcome or _treated_alike(rows)):
        columns = rows.left.side.columns.shape[0]
        rows = errors_of(Sides(*rows.sides).only([0, *range(2, columns)]), rows.errors)
        recipe = replace(recipe, fuzzy=False)
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = select(rows, recipe, selector)
    except np.linalg.LinAlgError:
        found = None
    if found is None or not np.isfinite([*found.main, *found.bias]).all() or min(*found.main, *found.bias) <= 0:
        told = (
            f"rule '{selector}' finds no bandwidth: scores near the cut-off are too few, or the outcome hardly varies"
        )
        return Refusal("too_few_units", f"{told}; give a bandwidth as a number")
    return found


def _treated_alike(rows: CutoffErrors) -> bool:
    return any(np.ptp(side.columns[1]) == 0 for side in rows.sides)


def _too_thin(rows: CutoffErrors, recipe: Recipe, widths: Bandwidths) -> Refusal | None:
    for place, name in enumerate(("below", "above")):
        for order, pair in ((recipe.order, widths.main), (recipe.bias_order, widths.bias)):
            if refusal := _thin(rows.sides[place], name, order, pair[place], recipe):
                return refusal
    return None


def _thin(side: Side, name: str, order: int, width: float, recipe: Recipe) -> Refusal | None:
    rows = rows_within(side.distance, width, recipe.kernel)
    within = f" within {width:.4g}"
    if rows < LEAST_ROWS:
        told = f"{rows} units lie{within} {name} the cut-off; {LEAST_ROWS} are needed"
        return Refusal("too_few_units", f"{told}: widen the bandwidth, or the sample")
    distinct = int(np.searchsorted(side.first_of_value, rows))
    needed = max(FEWEST_VALUES, order + 2)
    return _few_values(distinct, name, within, needed) if distinct < needed else None


def _few_values(distinct: int, name: str, within: str, needed: int) -> Refusal:
    told = f"the score has {distinct} distinct values{within} {name} the cut-off; a polynomial needs {needed}"
    return Refusal("no_support", f"{told}: take method 'window', or a finer score")


def _no_error(found: Discontinuous) -> Refusal | None:
    """Why the outcome's jump has no error, or one that is rounding; the treatment's may be 0 where all follow."""
    jumps = [found.jump(target) for target in range(len(found.combinations))]
    if not np.isfinite([error for jump in jumps for error in (jump.std_error, jump.robust_error)]).all():
        return Refusal("too_few_clusters", "errors have no number: a side has fewer than two clusters near the cut-off")
    spread = max(float(np.ptp(side.rows.side.columns[0])) for side in (found.left, found.right))
    if min(jumps[0].std_error, jumps[0].robust_error) <= ROUNDING * spread:
        return Refusal("zero_variance", "the outcome does not vary about its line within the bandwidth")
    return None


def pair_of(width: float | Pair) -> Pair:
    """A width for both sides, or one of each.

    >>> pair_of(2.0), pair_of((1.0, 3.0))
    ((2.0, 2.0), (1.0, 3.0))
    """
    return width if isinstance(width, tuple) else (width, width)
