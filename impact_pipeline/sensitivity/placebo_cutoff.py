"""Whether outcomes jump where nothing happens: cut-offs among the untreated, and among the treated."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.discontinuity import CutoffRows, Reading, cutoff_rows, read_at_cutoff
from impact_pipeline.causal.exhibits import Curve, CurvePoint
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.multiplicity import holm
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

QUANTILES = (0.25, 0.5, 0.75)
"""Of each side's score, where placebo cut-offs are put."""
LEVEL = 0.01


class PlaceboCutoff:
    """Fails where the outcome jumps at one of six placebo cut-offs: Holm's adjusted p-value is below 1 %.

    They lie at the quartiles of either side's score and use that side's units alone, so the true jump cannot enter. A
    jump there says that lines of this kind find jumps in what is smooth, or that the outcome has steps of its own. The
    level is strict because the shape of the outcome away from the cut-off is no assumption of the design.
    """

    name: ClassVar[str] = "placebo_cutoff"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Does the outcome jump at scores where nothing happens?"
    pass_means: ClassVar[str] = "The outcome is smooth in the score where the treatment does not change."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        rows = cutoff_rows(question.sample, question.design)
        if isinstance(rows, Refusal) or question.design.method == "window":
            told = "Within a window, cut-offs elsewhere say nothing of it."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        read = dict(_placebos(rows, question.design, question.alpha))
        if not read:
            told = "No placebo cut-off has enough units on both of its sides."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        return Checked(_finding(read), (_curve(read, question),))


def _placebos(rows: CutoffRows, design: Design, alpha: float) -> list[tuple[float, Reading]]:
    """(cut-off in units of the score, what was read there), without the treatment."""
    settings = {"fuzzy": False, "cutoff": 0.0, "treated": "at_or_above", "donut": 0.0}
    if not isinstance(design.bandwidth, str):
        settings |= {"bandwidth": "mserd", "bias_bandwidth": None}
    plain = design.model_copy(update=settings)
    found = []
    for own in (~rows.is_treated_side, rows.is_treated_side):
        score = rows.score[own]
        sample = rows.sample.keep(own)
        for at in np.unique(np.quantile(score, QUANTILES)) if len(score) else ():
            moved = score - at
            one = replace(sample, score=moved, treatment=(moved >= 0).astype(np.float64))
            reading = read_at_cutoff(one, plain, alpha)
            if isinstance(reading, Reading):
                found.append((float(design.cutoff + (-at if rows.is_mirrored else at)), reading))
    return sorted(found, key=lambda pair: pair[0])


def _finding(read: dict[float, Reading]) -> Finding:
    adjusted = holm([one.p_value for one in read.values()])
    place = int(np.argmin(adjusted))
    at, reading = list(read.items())[place]
    passed = adjusted[place] >= LEVEL
    told = "The outcome jumps where nothing happens" if not passed else "No placebo cut-off shows a jump"
    sentence = (
        f"{told}; of {len(read)} the surest is at {at:.4g}, by {reading.value:.3g} (Holm's p = {adjusted[place]:.2g})."
    )
    details = {f"jump at {cutoff:.4g}": one.value for cutoff, one in read.items()}
    return Finding(PlaceboCutoff.name, passed, adjusted[place], LEVEL, sentence, "never_ship", details)


def _curve(read: dict[float, Reading], question: Question[CrossSection, Design]) -> Curve:
    points = tuple(CurvePoint(f"{at:.4g}", at, one.value, one.lower, one.upper) for at, one in read.items())
    return Curve(
        "placebo_cutoffs", "Jumps at placebo cut-offs", "cut-off", points, starts=float(question.design.cutoff),
        level=1 - question.alpha,
    )  # fmt: skip
