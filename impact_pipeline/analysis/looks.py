"""How often one looks at a file, and what the intervals of this look then promise."""

from __future__ import annotations

from collections.abc import Mapping

from impact_pipeline.analysis.specification import FileLooks, GroupSequentialFileLooks
from impact_pipeline.catalog.looks import AlwaysValidLooks
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, GroupSequential, Inference


def inference_of(looks: FileLooks, contrast: Contrast, shares: Mapping[str, float], alpha: float) -> Inference:
    """Of one contrast; its planned units are those of its two arms by their planned (or else even) shares.

    A sequence is tuned at the specification's alpha, whatever level a correction then asks for.

    >>> looks = AlwaysValidLooks(type="always_valid", planned_units=900)
    >>> inference_of(looks, Contrast("b", "a"), {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, 0.05)
    AlwaysValid(planned_n=600.0, tuned_at=0.05)
    """
    if isinstance(looks, AlwaysValidLooks):
        return AlwaysValid(looks.planned_units * (shares[contrast.treatment] + shares[contrast.control]), alpha)
    if isinstance(looks, GroupSequentialFileLooks):
        return GroupSequential(looks.information, looks.spending)
    return FixedHorizon()
