"""Whether units chose their side of the cut-off: does the density of the score jump there?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Histogram
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.discontinuity.density import DensityTest, density_test, score_sides
from impact_pipeline.stats.discontinuity.density_bandwidth import LEAST_ROWS, density_bandwidths
from impact_pipeline.stats.discontinuity.sides import Floats
from impact_pipeline.stats.samples.cross_section import CrossSection

LEVEL = 0.05
ORDER = 2
LEAST_VALUES = LEAST_ROWS + ORDER + 1
BINS = 20
"""Bins of the histogram on each side, over twice the wider bandwidth."""


class ScoreDensity:
    """Fails where the density of the score jumps at the cut-off with p below 5 %, by Cattaneo, Jansson, Ma (2020).

    Units that sort themselves leave a hole on one side and a heap on the other, and those who could do so differ from
    those who could not. The level is the field's: the test is the design's main one. All units count, also those whose
    outcome is missing: leaving them out first would hide a side on which outcomes go missing. A score with few distinct
    values has no density and is not judged.
    """

    name: ClassVar[str] = "density"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Did units choose their side of the cut-off?"
    pass_means: ClassVar[str] = "There are about as many units just above the cut-off as just below."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        sample, design = question.sample, question.design
        score = sample.score if sample.every_score is None else sample.every_score
        if score is None or not np.isfinite(score).all():
            return _not_judged("The score has no finite value in every unit.", {})
        sides = score_sides(score, design.cutoff, cutoff_is_right=design.treated in ("at_or_above", "below"))
        distinct = min(len(side) for side in sides)
        if distinct < LEAST_VALUES:
            told = f"A side of the cut-off has {distinct} distinct scores; a density needs {LEAST_VALUES}."
            return _not_judged(told, {"distinct_scores": distinct})
        with np.errstate(divide="ignore", invalid="ignore"):
            widths = density_bandwidths(sides, score, design.cutoff, order=ORDER)
            found = density_test(sides, widths, order=ORDER)
        if not np.isfinite(found.statistic):
            return _not_judged("The score's density has no error near the cut-off.", {})
        return Checked(_finding(found), (_histogram(score, design.cutoff, max(widths)),))


def _not_judged(sentence: str, details: dict[str, float | int | str]) -> Checked:
    return Checked(Finding(ScoreDensity.name, None, None, None, sentence, "none", details))


def _finding(found: DensityTest) -> Finding:
    passed = found.p_value >= LEVEL
    sentence = (
        f"The density of the score is {found.left:.3g} just below the cut-off and {found.right:.3g} just above"
        f" (T = {found.statistic:.2f}, p = {found.p_value:.2g})"
    )
    sentence += "." if passed else ": units seem to choose their side; look at the nearest of them."
    details = {
        "statistic": found.statistic, "left": found.left, "right": found.right,
        "bandwidth_left": found.bandwidths[0], "bandwidth_right": found.bandwidths[1],
        "units_left": found.rows[0], "units_right": found.rows[1],
    }  # fmt: skip
    return Finding(ScoreDensity.name, passed, found.p_value, LEVEL, sentence, "never_ship", details)


def _histogram(score: Floats, cutoff: float, width: float) -> Histogram:
    edges = cutoff + 2 * width * np.linspace(-1, 1, 2 * BINS + 1)
    counts = np.histogram(score, edges)[0].astype(np.float64)
    nothing = [0.0] * BINS
    groups = (("below", (*counts[:BINS].tolist(), *nothing)), ("above", (*nothing, *counts[BINS:].tolist())))
    return Histogram(
        "score_density", "Units by score", "score", tuple(float(edge) for edge in edges), groups, mark=float(cutoff)
    )
