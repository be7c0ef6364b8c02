"""Whether the score is fine enough for a line to be drawn to the cut-off."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.discontinuity.robust import Discontinuous
from impact_pipeline.stats.samples.cross_section import CrossSection

FEWEST = 10


class MassPoints:
    """Fails where a side has fewer than 10 distinct scores within the bandwidth.

    The line is then drawn through a few means and the rest is a guess of its shape between the last of them and the
    cut-off, which no error counts (Lee, Card 2008; Kolesar, Rothe 2018). Ten is what the field asks for before the
    score is taken for continuous (Cattaneo, Idrobo, Titiunik 2024). Means within a window need no line.
    """

    name: ClassVar[str] = "mass_points"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Does the score have enough distinct values near the cut-off?"
    pass_means: ClassVar[str] = "The score is fine enough to be taken for continuous."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, Discontinuous):
            told = "Means within a window take no line to the cut-off."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        near = {"untreated_side": fit.left.main.near, "treated_side": fit.right.main.near}
        distinct = {name: side.distinct for name, side in near.items()}
        least = min(distinct.values())
        repeated = 1 - sum(distinct.values()) / sum(len(side) for side in near.values())
        passed = least >= FEWEST
        sentence = f"Within the bandwidth the score has {least} distinct values on the side with fewer"
        sentence += "." if passed else f"; {FEWEST} are needed: take method 'window', or a finer score."
        details = {**distinct, "repeated_share": repeated}
        return Checked(Finding(self.name, passed, float(least), float(FEWEST), sentence, "never_ship", details))
