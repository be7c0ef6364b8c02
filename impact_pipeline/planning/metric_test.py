"""One metric's test in a study to come: how surely it shows an effect, the least it shows, and the units that takes."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.planning.baseline import Baseline
from impact_pipeline.planning.effects import SoughtEffect
from impact_pipeline.planning.enrolment import Enrolled
from impact_pipeline.planning.planned_looks import PlannedLooks, PlannedTest
from impact_pipeline.stats.comparison import Comparison
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.sample_size import minimal_effect_at, minimal_effect_where, power_at

MOST_TIMES = 1e6
"""How many times the expected units are tried before it is said that no number of units is enough."""


@dataclass(frozen=True, slots=True)
class MetricTest:
    """`alpha` is this test's own, `power` what it is planned for."""

    sought: SoughtEffect
    looks: PlannedLooks
    alpha: float
    power: float

    @property
    def baseline(self) -> Baseline:
        return self.sought.baseline

    def at(self, enrolled: Enrolled) -> PlannedTest:
        """As a look with these units judges it."""
        return self._test(enrolled.units * sum(enrolled.shares))

    def power_at(self, amount: float, enrolled: Enrolled) -> float | NoPlan:
        """Chance to show an effect of this amount, at that look or a planned one before it."""
        comparison = self._comparison(amount, enrolled)
        return _too_few(enrolled, comparison) or self.at(enrolled).power(enrolled.units, amount, comparison)

    def minimal_effect(self, enrolled: Enrolled) -> float | NoPlan:
        """The least amount that is shown with the power planned for."""
        untouched, test = self._comparison(0.0, enrolled), self.at(enrolled)
        if (refused := _too_few(enrolled, untouched)) is not None:
            return refused
        units, largest = enrolled.units / test.inflation(self.power), self.sought.largest
        if largest is None:
            return minimal_effect_at(units, untouched, self.power, test.rejection)

        def comparison(amount: float) -> Comparison:
            return self._comparison(amount, enrolled)

        return minimal_effect_where(units, comparison, largest, self.power, test.rejection)

    def units_needed(self, amount: float, enrolled: Enrolled) -> float | NoPlan:
        """Units of the whole study, not rounded, that show this amount with the power planned for.

        Of shares as given, and with looks planned for so many units.
        """
        from scipy.optimize import brentq

        test = self._test(None)

        def shortfall(units: float) -> float:
            return self.power - self._single_look(amount, Enrolled(units, enrolled.shares), test)

        upper = least = 2 / min(enrolled.shares)
        while shortfall(upper) > 0:
            if upper > MOST_TIMES * max(enrolled.units, least):
                return self._never(self.power - shortfall(upper), upper)
            upper *= 2
        found = least if upper == least else float(brentq(shortfall, upper / 2, upper, xtol=1e-6, rtol=1e-9))
        return found * test.inflation(self.power)

    def _single_look(self, amount: float, enrolled: Enrolled, test: PlannedTest) -> float:
        comparison = self._comparison(amount, enrolled)
        if _too_few(enrolled, comparison) is not None:
            return 0.0
        return power_at(enrolled.units, amount, comparison, test.rejection)

    def _never(self, power: float, units: float) -> NoPlan:
        clusters = self.baseline.clusters
        if clusters is None:
            return NoPlan(f"even {units:,.0f} units show it with a power of only {power:.2f}")
        few = f"the {clusters.clusters} clusters of history"
        return NoPlan(f"however many units {few} bring, they show it with a power of only {power:.2f}")

    def _comparison(self, amount: float, enrolled: Enrolled) -> Comparison:
        return self.sought.comparison(amount, max(enrolled.units, 1.0), enrolled.shares)

    def _test(self, n: float | None) -> PlannedTest:
        return self.looks.test(self.alpha, self.sought.sides, student=self.baseline.student, n=n)


def _too_few(enrolled: Enrolled, comparison: Comparison) -> NoPlan | None:
    if enrolled.units >= comparison.least_units:
        return None
    if comparison.cluster_size > 1:
        return NoPlan("history has too few clusters: each arm needs two")
    return NoPlan(f"{enrolled.units:,.0f} units are expected: an arm has no two of them")
