"""Whether the answer rests on the units nearest to the cut-off, which could best have chosen their side."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.discontinuity import Reading, is_mirrored, read_at_cutoff
from impact_pipeline.causal.exhibits import Curve, CurvePoint
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.discontinuity.robust import Discontinuous
from impact_pipeline.stats.samples.cross_section import CrossSection

SHARES = (0.02, 0.05, 0.1)
"""Of the narrower bandwidth, how far from the cut-off units are left out."""


class DonutHole:
    """Fails where the value leaves the interval that is found without units nearer than 5 % of the bandwidth.

    Robust intervals without these units are wider and centred at their own estimate, so a value that only moved by
    chance stays inside in far more than 95 % of samples. The bandwidths stay those of the main fit: only rows change.
    Holes of 2 % and 10 % are shown beside.
    """

    name: ClassVar[str] = "donut"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Does the answer hold without the units nearest to the cut-off?"
    pass_means: ClassVar[str] = "Units that could have been moved across the cut-off do not make the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if effects is None or not isinstance(fit, Discontinuous) or not isinstance(effects.main, Effect):
            told = "Means within a window have no nearest units that count more."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        width = min(fit.bandwidths.main)
        settings = same_widths(question.design, fit)
        read: dict[float, Reading] = {}
        for share in SHARES:
            donut = question.design.donut + share * width
            found = read_at_cutoff(question.sample, settings.model_copy(update={"donut": donut}), question.alpha)
            if isinstance(found, Reading):
                read[donut] = found
        return self._judged(question, effects.main, read, question.design.donut + SHARES[1] * width)

    def _judged(
        self, question: Question[CrossSection, Design], main: Effect, read: dict[float, Reading], donut: float
    ) -> Checked:
        if donut not in read:
            told = f"Without units nearer than {donut:.3g} there are too few on a side."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        one = read[donut]
        passed = one.lower <= main.value <= one.upper
        sentence = (
            f"Without units nearer than {donut:.3g} the effect is {one.value:.3g}, {one.lower:.3g} to {one.upper:.3g}"
        )
        sentence += f", and {main.value:.3g} with them."
        moved = abs(one.value - main.value)
        details = {f"value without {hole:.3g}": found.value for hole, found in read.items()}
        return Checked(
            Finding(self.name, passed, moved, None, sentence, "never_ship", details), (_curve(read, main, question),)
        )


def same_widths(design: Design, fit: Discontinuous) -> Design:
    """The design with the fit's bandwidths as numbers, left and right in the order of the score."""
    main, bias = fit.bandwidths.main, fit.bandwidths.bias
    if is_mirrored(design):
        main, bias = (main[1], main[0]), (bias[1], bias[0])
    return design.model_copy(update={"bandwidth": main, "bias_bandwidth": bias})


def _curve(read: dict[float, Reading], main: Effect, question: Question[CrossSection, Design]) -> Curve:
    first = CurvePoint("all units", float(question.design.donut), main.value, main.lower, main.upper)
    points = [CurvePoint(f"{hole:.3g}", hole, one.value, one.lower, one.upper) for hole, one in read.items()]
    level = 1 - question.alpha
    finite = tuple(point for point in (first, *points) if np.isfinite(point.value))
    return Curve("donut", "Effect without the nearest units", "left out up to", finite, level=level)
