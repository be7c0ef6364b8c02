"""How models are learnt for an estimate that no unit's own outcome can sway, and for effects of single units."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.catalog.document import Model

Learner = Literal["linear", "boosted_trees", "forest"]
UnitEffectMethod = Literal["doubly_robust", "causal_forest"]
Folds = Annotated[int, Field(ge=3, le=20)]


class CrossFitting(Model):
    """Each of `folds` is predicted by models of the others; the estimate is the median over `repeats` of drawing them.

    Scores beyond `score_bound` of 0 or 1 are held there, and counted. `unit_effects` are predicted from doubly robust
    signals by the learner, or by a causal forest (the extra `forest`).
    """

    learner: Learner = "boosted_trees"
    folds: Folds = 5
    repeats: Annotated[int, Field(ge=1, le=20)] = 1
    score_bound: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    unit_effects: UnitEffectMethod = "doubly_robust"
