"""Whether the answer depends on the bandwidth (or the window) that was chosen."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.discontinuity import Reading, read_alternatives, read_at_cutoff
from impact_pipeline.causal.exhibits import Curve, CurvePoint
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.sensitivity.donut_hole import same_widths
from impact_pipeline.stats.discontinuity.robust import Discontinuous
from impact_pipeline.stats.samples.cross_section import CrossSection

FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5)
JUDGED = 0.5


class BandwidthSensitivity:
    """Fails where the value lies outside the interval found within half the bandwidth (or half the window).

    Half the bandwidth leaves an eighth of the bias of a line and fewer units: its interval is wide and honest, and a
    value outside it is bias. Wider ones are shown, not judged: they are expected to be biased.
    """

    name: ClassVar[str] = "bandwidth"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Does the answer depend on how far from the cut-off units are taken?"
    pass_means: ClassVar[str] = "Half the width gives an interval that holds the value."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        if effects is None or not isinstance(effects.main, Effect):
            return Checked(Finding(self.name, None, None, None, "There is no effect to check.", "none", {}))
        design, main = question.design, effects.main
        if isinstance(effects.fit, Discontinuous):
            design = same_widths(design, effects.fit)
        read = _read(question.sample, design, question.alpha)
        shown = (_curve(read, design, 1 - question.alpha),) if read else ()
        if JUDGED not in read:
            told = "Within half the width there are too few units on a side."
            return Checked(Finding(self.name, None, None, None, told, "none", {}), shown)
        return Checked(_finding(read, main.value), shown)


def _read(sample: CrossSection, design: Design, alpha: float) -> dict[float, Reading]:
    scaled = [_scaled(design, factor) for factor in FACTORS]
    if design.method == "window":
        found = [read_at_cutoff(sample, one, alpha) for one in scaled]
    else:
        found = read_alternatives(sample, scaled, alpha)
    return {factor: one for factor, one in zip(FACTORS, found, strict=True) if isinstance(one, Reading)}


def _scaled(design: Design, factor: float) -> Design:
    if design.window is not None:
        return design.model_copy(update={"window": design.window * factor})
    found = {}
    for name in ("bandwidth", "bias_bandwidth"):
        left, right = getattr(design, name)
        found[name] = (left * factor, right * factor)
    return design.model_copy(update=found)


def _width(design: Design) -> float:
    if design.window is not None:
        return design.window
    return max(design.bandwidth) if isinstance(design.bandwidth, tuple) else float(design.bandwidth)


def _curve(read: dict[float, Reading], design: Design, level: float) -> Curve:
    width = _width(design)
    points = tuple(
        CurvePoint(f"{factor * width:.4g}", factor * width, one.value, one.lower, one.upper)
        for factor, one in read.items()
    )
    return Curve("bandwidths", "Effect by bandwidth", "bandwidth", points, level=level)


def _finding(read: dict[float, Reading], value: float) -> Finding:
    half = read[JUDGED]
    passed = half.lower <= value <= half.upper
    sentence = (
        f"Within half the width the effect is {half.value:.3g}, {half.lower:.3g} to {half.upper:.3g};"
        f" {value:.3g} within the whole"
    )
    sentence += "." if passed else ": the wider fit is biased; take a narrower one."
    details = {f"value at {factor:g} widths": one.value for factor, one in read.items()}
    return Finding(BandwidthSensitivity.name, passed, abs(half.value - value), None, sentence, "never_ship", details)
