"""Trigger dilution: is the effect on all assigned units that on exposed ones, diluted by those who never were?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import erfc, sqrt
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.diagnostics.arm_difference import ArmDifference, arm_difference
from impact_pipeline.diagnostics.base import Evidence, Finding

ALPHA = 0.001
"""For the study as a whole; each comparison gets its share."""


class TriggerDilution:
    """z-test of the effect per assigned unit against trigger rate x effect per exposed unit, for means of success.

    A change that units can only notice once they are exposed has no effect on the others: then the two agree. The
    errors are taken as independent, which they are not (the exposed are among the assigned): a sound study fails less
    often than alpha. Windows count from other instants on each basis, so long ones compare best.
    Deng, Hu (2015), KDD, "Diluted Treatment Effect Estimation for Trigger Analysis in Online Controlled Experiments".
    """

    name: ClassVar[str] = "trigger_dilution"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        if len(evidence.by_basis) < 2:
            sentence = "The plan assigns and exposes units in one place."
            return Finding(self.name, None, None, None, sentence, "none", {})
        found = tuple(_comparisons(study, evidence))
        if not found:
            sentence = "No effect on exposed and on assigned units can be compared yet."
            return Finding(self.name, None, None, ALPHA, sentence, "lower_grade", {})
        worst = min(found, key=lambda comparison: comparison.p_value)
        threshold = ALPHA / len(found)
        passed = worst.p_value >= threshold
        judged = "is" if passed else "is not"
        sentence = f"The effect on assigned units {judged} the diluted one on exposed units: {worst.in_words}."
        details = {f"p_value {c.metric.name} {c.arm}": c.p_value for c in found}
        details["trigger_rate"] = worst.trigger_rate
        return Finding(self.name, passed, worst.p_value, threshold, sentence, "lower_grade", details)


@dataclass(frozen=True, slots=True)
class _Comparison:
    metric: Metric
    arm: str
    trigger_rate: float
    exposed: ArmDifference
    assigned: ArmDifference

    @property
    def diluted(self) -> float:
        return self.trigger_rate * self.exposed.change

    @property
    def p_value(self) -> float:
        error = sqrt(self.assigned.std_error**2 + (self.trigger_rate * self.exposed.std_error) ** 2)
        gap = abs(self.assigned.change - self.diluted)
        return erfc(gap / error / sqrt(2)) if error else float(gap == 0)

    @property
    def in_words(self) -> str:
        rate = f"{100 * self.trigger_rate:.1f} % x {self.exposed.change:.4g} = {self.diluted:.4g}"
        told = f"{self.metric.label} of {self.arm}, {rate}, found {self.assigned.change:.4g} {self.metric.unit}"
        return f"{told} (p = {self.p_value:.2g})"


def _comparisons(study: Study, evidence: Evidence) -> Iterator[_Comparison]:
    bases = {basis.basis: basis for basis in study.bases}
    counts = {name: sum(cells.exposed(arm) for arm in study.arms) for name, cells in evidence.by_basis.items()}
    for use in (use for use in study.uses if use.role == "success" and use.name in study.metrics_by_name):
        metric = study.metrics_by_name[use.name]
        reading = study.readings_of(metric)[0]
        for arm in study.arms[1:] if reading.form == "mean" and counts["assigned"] else ():
            exposed, assigned = (
                arm_difference(bases[name], evidence.by_basis[name], metric, reading, arm)
                for name in ("exposed", "assigned")
            )
            if exposed is not None and assigned is not None:
                yield _Comparison(metric, arm, counts["exposed"] / counts["assigned"], exposed, assigned)
