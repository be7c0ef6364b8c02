"""Whether the treated units lie among the donors before the change."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.synthetic_control.fitted import Fitted

LARGEST_SHARE = 0.25


class ConvexHull:
    """Fails where the treated mean is outside donors' range in more than a quarter of periods before the change.

    A weighted average lies within the range of what it averages; what is outside period after period has no synthetic
    control, however the weights are chosen. A quarter leaves room for noise at the edge of the range. Predictors count
    as periods do. Methods that give units a level of their own, or weigh below 0, do not need it and are only told.
    Abadie, Diamond, Hainmueller (2010), JASA 105.
    """

    name: ClassVar[str] = "convex_hull"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Do the treated units lie among the donors before the change?"
    pass_means: ClassVar[str] = "A weighted average of donors can reach them without extrapolating."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        if not isinstance(fitted, Fitted):
            return Checked(Finding(self.name, None, None, None, "There is no fit to judge.", "none", {}))
        block = fitted.block
        donors = np.hstack([block.donors[:, : block.starts], block.donor_predictors])
        target = np.append(block.target[: block.starts], block.target_predictors)
        above, below = int(np.sum(target > donors.max(axis=0))), int(np.sum(target < donors.min(axis=0)))
        share = (above + below) / len(target)
        what = "periods before the change" if not block.predictors.shape[1] else "periods and predictors"
        sentence = f"In {above + below} of {len(target)} {what} the treated mean is outside the donors' range."
        details = {"above": above, "below": below}
        needed = not fitted.has_levels and question.design.method != "augmented"
        passed = share <= LARGEST_SHARE if needed else None
        return Checked(Finding(self.name, passed, share, LARGEST_SHARE, sentence, "never_ship", details))
