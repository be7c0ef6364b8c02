"""Telemetry loss: is as much seen of one arm's units as of the other's?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED, control_arm
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.diagnostics.arm_difference import ArmDifference, arm_difference
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.cells import Cells

ALPHA = 0.001
"""For the study as a whole at one look; each comparison gets its share."""


class TelemetryLoss:
    """Welch's test of each metric of role `quality` between each treatment and control, within phases; Bonferroni.

    What is logged of a unit must not depend on its arm: a client that loses events lowers totals as a worse product
    would, and one that loses those of light users raises averages. Until a difference is explained there is no ship and
    no rollback. Fabijan et al. (2019), KDD, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments".
    """

    name: ClassVar[str] = "telemetry_loss"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = tuple(_comparisons(study, evidence.cells))
        if not found:
            asked = any(use.role == "quality" for use in study.uses)
            told = "can be compared yet" if asked else "is named by the plan"
            return Finding(self.name, None, None, None, f"No metric of role 'quality' {told}.", "hold", {})
        threshold = ALPHA / len(found)
        worst = min(found, key=lambda comparison: comparison.difference.p_value)
        p_value = worst.difference.p_value
        passed = p_value >= threshold
        details = {f"p_value {c.metric.name} {c.difference.arm}": c.difference.p_value for c in found}
        judged = "As much is seen of all arms" if passed else "Not as much is seen of all arms"
        sentence = f"{judged}: {worst.in_words(control_arm(study.plan.design))}."
        return Finding(self.name, passed, p_value, threshold, sentence, "hold", details)


@dataclass(frozen=True, slots=True)
class _Comparison:
    metric: Metric
    difference: ArmDifference

    def in_words(self, control: str) -> str:
        found = self.difference
        values = f"{self._shown(found.mean)} against {self._shown(found.control_mean)}"
        return f"{found.arm} {self._changed()}{self.metric.label}: {values} in {control} (p = {found.p_value:.2g})"

    def _changed(self) -> str:
        found = self.difference
        if not found.change:
            return "has the same "
        moved = "loses" if found.change < 0 else "gains"
        if not found.control_mean:
            return f"{moved} "
        return f"{moved} {100 * abs(found.change / found.control_mean):.2g} % of "

    def _shown(self, value: float) -> str:
        return f"{100 * value:.2f} %" if self.metric.share else f"{value:.4g}"


def _comparisons(study: Study, cells: Cells) -> Iterator[_Comparison]:
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if use.role != "quality" or metric is None:
            continue
        own, *_ = study.readings_of(metric)
        for arm in study.arms[1:]:
            found = arm_difference(study, cells, metric, own, arm)
            if found is not None:
                yield _Comparison(metric, found)
