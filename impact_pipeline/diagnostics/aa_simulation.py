"""A/A simulation: do the intervals of this study's own metrics keep their promise?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.stats.random_halves import RejectionRate

ALPHA = 0.001
"""For the study as a whole; each metric gets its share."""

UNIFORM_ALPHA = 0.001
"""For a hint, which decides nothing."""


class AaSimulation:
    """How often a metric's own estimator finds a difference between random halves of control's units; Bonferroni.

    There is none, so alpha of the splits should be rejected. Significantly more mean that errors are larger than the
    estimator says, and then no interval of the metric is to be believed: no ship and no rollback. Fewer cost power
    alone: where p-values are far from uniform as well, a handful of units decides the metric, and a cap would help.
    Kohavi, Tang, Xu (2020), Trustworthy Online Controlled Experiments, chapter 19.
    """

    name: ClassVar[str] = "aa_simulation"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = evidence.random_halves
        if not found:
            why = "asks for none" if not study.plan.aa_check else "has no metric with units enough for one yet"
            return Finding(self.name, None, None, None, f"No A/A simulation: the plan {why}.", "hold", {})
        threshold = ALPHA / len(found)
        worst = min(found, key=lambda name: (found[name].p_value, name))
        failed = [name for name in sorted(found) if found[name].p_value < threshold]
        told = [_in_words(study, name, found[name]) for name in failed or [worst]]
        judged = "cannot be believed" if failed else "keep their promise"
        sentence = f"Intervals {judged}: {'; '.join(told)}."
        uneven = [_label(study, name) for name in sorted(found) if _uneven(found[name])]
        if uneven:
            sentence += f" A few units decide {' and '.join(uneven)}: consider a cap."
        return Finding(self.name, not failed, found[worst].p_value, threshold, sentence, "hold", _details(found))


def _uneven(found: RejectionRate) -> bool:
    return found.uniform_p_value < UNIFORM_ALPHA and found.rate < found.alpha


def _in_words(study: Study, name: str, found: RejectionRate) -> str:
    differ = f"{100 * found.rate:.1f} % of {found.splits} random halves of one arm differ in {_label(study, name)}"
    return f"{differ}, where {100 * found.alpha:g} % should (p = {found.p_value:.2g})"


def _label(study: Study, name: str) -> str:
    return study.metrics_by_name[name].label


def _details(found: Mapping[str, RejectionRate]) -> dict[str, float | int | str]:
    details: dict[str, float | int | str] = {}
    for name, one in sorted(found.items()):
        details |= {f"rate {name}": one.rate, f"p_value {name}": one.p_value}
        details[f"uniform_p_value {name}"] = one.uniform_p_value
    return details
