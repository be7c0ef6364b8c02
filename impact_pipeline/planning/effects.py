"""The effect that a metric is planned for, and the arms under it: a difference, or staying within a margin."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.effect_size import EffectSize
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse, SuccessUse
from impact_pipeline.planning.baseline import Baseline
from impact_pipeline.stats.comparison import Comparison, against_relative_margin
from impact_pipeline.stats.power import NoPlan, Sides

LARGEST_SHARE = 1 - 1e-9
"""Of what a mean can lose, or a proportion gain, the most that is sought for."""


@dataclass(frozen=True, slots=True)
class SoughtEffect:
    """What is to be shown of one metric. `better` is 1 where higher values are better, else -1.

    A success metric is to differ from 0 by `size`; a guardrail, that the change does not touch, to be worse by less
    than `size`, its margin. `size` is None where the plan expects no particular effect.
    """

    baseline: Baseline
    better: int
    size: EffectSize | None = None
    margin: bool = False

    @property
    def sides(self) -> Sides:
        return 1 if self.margin else 2

    @property
    def amount(self) -> float | None:
        """In the metric's unit."""
        return None if self.size is None else self.size.of_mean(self.baseline.mean)

    @property
    def refused(self) -> NoPlan | None:
        if self.size is not None and self.size.relative is not None and self.baseline.mean <= 0:
            return NoPlan("its mean in history is not above 0: a size relative to it has no meaning")
        return None

    @property
    def largest(self) -> float | None:
        """Beyond which no effect is possible; None where any is."""
        mean = self.baseline.mean
        if self.margin:
            return LARGEST_SHARE * mean if self._relative_margin else None
        if not self.baseline.share:
            return None
        return LARGEST_SHARE * (1 - mean if self.better > 0 else mean)

    def comparison(self, amount: float, units: float, shares: tuple[float, float]) -> Comparison:
        """The arms under an effect, or with a margin, of this amount; the effect counts from 0, or from the margin."""
        if not self.margin:
            return self.baseline.comparison(units, shares, self.better * amount)
        untouched = self.baseline.comparison(units, shares)
        if not self._relative_margin:
            return untouched
        mean = self.baseline.mean
        return against_relative_margin(untouched, mean, amount / mean, better=self.better)[1]

    @property
    def _relative_margin(self) -> bool:
        return self.margin and self.size is not None and self.size.relative is not None


def sought_effect(use: MetricUse, metric: Metric, baseline: Baseline) -> SoughtEffect:
    better = 1 if metric.better == "higher" else -1
    if isinstance(use, GuardrailUse):
        return SoughtEffect(baseline, better, use.margin, margin=True)
    return SoughtEffect(baseline, better, use.expected if isinstance(use, SuccessUse) else None)
