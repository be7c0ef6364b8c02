"""From a sample and a design's settings to what `stats.discontinuity` fits, and one reading of what it found.

Estimator, checks and refuters share it: they differ in the outcome, the rows or the settings that they pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.stats.discontinuity.bandwidths import Bandwidths, Pair, Recipe, Selector
from impact_pipeline.stats.discontinuity.errors import CutoffErrors, Errors, errors_of
from impact_pipeline.stats.discontinuity.estimate import estimate, pair_of
from impact_pipeline.stats.discontinuity.robust import Discontinuous, Jump
from impact_pipeline.stats.discontinuity.sides import Sides, sides_of
from impact_pipeline.stats.discontinuity.window import WindowErrors, WindowFit, window_fit
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import least_squares
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

Floats = NDArray[np.float64]
Fit = Discontinuous | WindowFit
NO_JUMP = 1e-9
"""A jump of the treatment, from 0 to 1, that is rounding."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The effect with interval and p-value of one method; `std_error` goes with the interval."""

    value: float
    std_error: float
    lower: float
    upper: float
    p_value: float
    degrees_of_freedom: float | None = None


@dataclass(frozen=True, eq=False)
class CutoffRows:
    """Rows in the direction of the treated side: `score` less the cut-off is above 0 there.

    `is_mirrored` where the treated lie below, so left and right are swapped.
    """

    sample: CrossSection
    score: Floats
    treats_cutoff: bool
    is_mirrored: bool

    @property
    def is_treated_side(self) -> NDArray[np.bool_]:
        return self.score >= 0 if self.treats_cutoff else self.score > 0

    def sides(self, *, fuzzy: bool, adjust: bool) -> Sides:
        columns = [self.sample.outcome]
        columns += [self.sample.treatment] if fuzzy else []
        columns += list(self.sample.covariates.values()) if adjust else []
        return sides_of(
            self.score, np.stack(columns), cutoff_is_right=self.treats_cutoff, weights=self.sample.weights,
            cluster=self.sample.cluster,
        )  # fmt: skip


def cutoff_rows(sample: CrossSection, design: Design) -> CutoffRows | Refusal:
    """The sample's rows outside the donut, or why they cannot serve the design.

    >>> design = Design(type="regression_discontinuity", treated="below", cutoff=1.0)
    >>> sample = CrossSection(np.zeros(2), np.array([1.0, 0.0]), score=np.array([0.0, 1.0]))
    >>> cutoff_rows(sample, design).is_treated_side.tolist()
    [True, False]
    """
    if sample.score is None:
        return Refusal("not_identified", "units have no score: name the running variable under `sample.score`")
    if missing := int(np.sum(~np.isfinite(sample.score))):
        return Refusal("measure_undefined", f"the score of {missing} units is no finite number: leave them out")
    if design.clustered and sample.cluster is None:
        return Refusal(
            "too_few_clusters", f"errors '{design.errors}' need a cluster of each unit: name `sample.cluster`"
        )
    score, treats_cutoff, mirrored = directed(sample.score, design)
    if design.donut > 0:
        outside = np.abs(score) >= design.donut
        sample, score = sample.keep(outside), score[outside]
    rows = CutoffRows(sample, score, treats_cutoff, mirrored)
    return _off_rule(rows, design) or _collinear(rows, design) or rows


def directed(score: Floats, design: Design) -> tuple[Floats, bool, bool]:
    """Score less the cut-off, turned so that the treated lie above; whether the cut-off is theirs; whether turned.

    >>> directed(np.array([1.0, 3.0]), Design(type="regression_discontinuity", treated="at_or_below", cutoff=2.0))
    (array([ 1., -1.]), True, True)
    """
    mirrored = is_mirrored(design)
    away = design.cutoff - score if mirrored else score - design.cutoff
    return away, design.treated.startswith("at_or"), mirrored


def is_mirrored(design: Design) -> bool:
    """Whether the treated lie below the cut-off, so that sides are fitted the other way round."""
    return design.treated in ("at_or_below", "below")


def _off_rule(rows: CutoffRows, design: Design) -> Refusal | None:
    off = int(np.sum(rows.sample.treatment != rows.is_treated_side))
    if design.fuzzy or not off:
        return None
    told = f"{off} of {len(rows.score)} units are not treated as the cut-off says ({design.treated} {design.cutoff:g})"
    return Refusal("not_identified", f"{told}: correct `cutoff` or `treated`, or set `fuzzy: true`")


def _collinear(rows: CutoffRows, design: Design) -> Refusal | None:
    """Covariates that one another, or the score and its side, determine."""
    sample = rows.sample
    if not design.adjust or not sample.covariates:
        return None
    columns = [np.ones(len(sample)), rows.is_treated_side.astype(np.float64), rows.score, *sample.covariates.values()]
    found = least_squares(
        np.column_stack(columns), sample.outcome, names=("level", "side", "score", *sample.covariates)
    )
    return found if isinstance(found, Refusal) and found.reason == "collinear" else None


def fit_at_cutoff(sample: CrossSection, design: Design, alpha: float = 0.05) -> Fit | Refusal:
    """The design's fit to the sample's outcome; a fuzzy one is refused where the treatment does not jump."""
    return _moves(unjudged_fit(sample, design), design, alpha)


def unjudged_fit(sample: CrossSection, design: Design) -> Fit | Refusal:
    """The fit as it is, whether or not the treatment of a fuzzy design jumps."""
    rows = cutoff_rows(sample, design)
    if isinstance(rows, Refusal):
        return rows
    return _window(rows, design) if design.method == "window" else _fitted(_errors(rows, design), design)


def _moves(found: Fit | Refusal, design: Design, alpha: float) -> Fit | Refusal:
    if isinstance(found, Refusal) or not design.fuzzy:
        return found
    step = first_stage(found, alpha)
    if step.lower <= 0 <= step.upper or abs(step.value) <= NO_JUMP:
        told = f"the treatment jumps by {step.value:.3g} at the cut-off, interval {step.lower:.3g} to {step.upper:.3g}"
        return Refusal(
            "not_identified", f"{told}: what does not move cannot be divided by; check `cutoff` and `treated`"
        )
    return found


def recipe_of(design: Design) -> Recipe:
    """What of a design the local polynomials need."""
    bias_order = design.order + 1 if design.bias_order is None else design.bias_order
    return Recipe(design.order, bias_order, design.kernel, design.fuzzy)


def _errors(rows: CutoffRows, design: Design) -> CutoffErrors:
    return errors_of(rows.sides(fuzzy=design.fuzzy, adjust=design.adjust), Errors(design.errors, design.neighbours))


def _fitted(rows: CutoffErrors, design: Design) -> Discontinuous | Refusal:
    return estimate(rows, recipe_of(design), _widths(design), by_outcome=design.bandwidth_for == "outcome")


def _widths(design: Design) -> Selector | Bandwidths:
    if isinstance(design.bandwidth, str):
        return design.bandwidth
    main = pair_of(design.bandwidth)
    bias = main if design.bias_bandwidth is None else pair_of(design.bias_bandwidth)
    return Bandwidths(_turned(main), _turned(bias)) if is_mirrored(design) else Bandwidths(main, bias)


def _turned(pair: Pair) -> Pair:
    return pair[1], pair[0]


def _window(rows: CutoffRows, design: Design) -> WindowFit | Refusal:
    assert design.window is not None
    near = np.abs(rows.score) < design.window
    sample = rows.sample.keep(near)
    return window_fit(
        sample.outcome, rows.is_treated_side[near].astype(np.float64),
        treatment=sample.treatment if design.fuzzy else None,
        covariates=sample.design() if design.adjust and sample.covariates else None,
        errors=window_errors(design), weights=sample.weights, cluster=sample.cluster,
    )  # fmt: skip


def window_errors(design: Design) -> WindowErrors:
    """Neighbours in the score say nothing where the score does not count: HC2 takes their place."""
    match design.errors:
        case "nearest_neighbour":
            return "HC2"
        case "cluster" | "cluster_by_side":
            return "cluster"
        case name:
            return name


def main_jump(fit: Discontinuous) -> Jump:
    """The ratio of a fuzzy design, the outcome's jump of a sharp one."""
    return fit.ratio() if fit.recipe.fuzzy else fit.jump()


def robust_reading(jump: Jump, alpha: float) -> Reading:
    """The conventional value with the interval of the robust bias-corrected one: CCT's report.

    >>> reading = robust_reading(Jump(7.4141, 7.5065, 1.4587, 1.7413), 0.05)
    >>> round(reading.lower, 3), round(reading.upper, 3), round(reading.p_value, 6)
    (4.094, 10.919, 1.6e-05)
    """
    half = float(quantile(1 - alpha / 2, np.inf)) * jump.robust_error
    p_value = float(2 * upper_tail(abs(jump.corrected) / jump.robust_error, np.inf))
    return Reading(jump.conventional, jump.robust_error, jump.corrected - half, jump.corrected + half, p_value)


def main_reading(fit: Fit, alpha: float) -> Reading:
    """The effect of either method."""
    if isinstance(fit, WindowFit):
        lower, upper = fit.effect.interval(alpha)
        effect = fit.effect
        return Reading(effect.value, effect.std_error, lower, upper, effect.p_value, effect.degrees_of_freedom)
    return robust_reading(main_jump(fit), alpha)


def first_stage(fit: Fit, alpha: float) -> Reading:
    """The treatment's own jump in a fuzzy design."""
    if isinstance(fit, WindowFit):
        assert fit.treatment is not None
        step = fit.treatment
        return Reading(step.value, step.std_error, *step.interval(alpha), step.p_value, step.degrees_of_freedom)
    jump = fit.jump(1)
    if jump.robust_error == 0:
        return Reading(jump.conventional, 0.0, jump.corrected, jump.corrected, 0.0)
    return robust_reading(jump, alpha)


def strength_of(step: Reading) -> float:
    """F statistic of a first stage, of the estimate that its interval is centred at.

    >>> strength_of(Reading(0.5, 0.1, 0.2, 0.6, 0.0))
    16.0
    """
    return float((step.lower + step.upper) ** 2 / (4 * step.std_error**2)) if step.std_error > 0 else np.inf


def read_at_cutoff(sample: CrossSection, design: Design, alpha: float) -> Reading | Refusal:
    """Fit and reading at once, for checks that ask the same of other rows, outcomes or settings."""
    found = fit_at_cutoff(sample, design, alpha)
    return found if isinstance(found, Refusal) else main_reading(found, alpha)


def read_alternatives(sample: CrossSection, designs: Sequence[Design], alpha: float) -> list[Reading | Refusal]:
    """Readings of designs that differ from the first in kernel, order and bandwidth alone: rows are sorted once."""
    rows = cutoff_rows(sample, designs[0])
    if isinstance(rows, Refusal):
        return [rows] * len(designs)
    prepared = _errors(rows, designs[0])
    found = [_moves(_fitted(prepared, design), design, alpha) for design in designs]
    return [one if isinstance(one, Refusal) else main_reading(one, alpha) for one in found]
