"""Sample ratio: did the arms receive the units the plan promised them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases
from impact_pipeline.stats.chi_square import ChiSquare, goodness_of_fit

ALPHA = 0.0005
"""Read every night for a month at this level, a sound study is called invalid less than once in a hundred times."""

FEWEST_EXPECTED = 5
"""Expected units in an arm below which the chi-square approximation is not used."""

LARGEST_STRAY_SHARE = 0.001
"""Share of a phase's units tolerated in arms that the plan gives none (clocks differ at the edge of a phase)."""


class SampleRatio:
    """Pearson's chi-square of exposed units against planned shares, within phases of constant shares, summed over them.

    A phase has (arms with a share) - 1 degrees of freedom. A mismatch says that exposure or its logging depends on the
    arm, and then no difference between arms can be trusted. Fabijan et al. (2019), KDD, "Diagnosing Sample Ratio
    Mismatch in Online Controlled Experiments".
    """

    name: ClassVar[str] = "sample_ratio"
    designs: ClassVar[frozenset[str]] = frozenset({"randomized", "staged_rollout"})

    def check(self, study: Study, evidence: Evidence) -> Finding:
        phases = tuple(_counted(evidence.cells, study, ALL_UNITS))
        stray = max((phase.stray_share for phase in phases), default=0.0)
        tested = [phase.chi_square for phase in phases if phase.testable]
        counts = _in_words(evidence.cells, study)
        if stray > LARGEST_STRAY_SHARE:
            sentence = (
                f"{100 * stray:.1f} % of the units of a phase are in an arm that the plan gives no share ({counts})."
            )
            return Finding(self.name, False, stray, LARGEST_STRAY_SHARE, sentence, "invalidate", {"stray_share": stray})
        if not tested:
            sentence = f"Too few units to compare the arms with their planned shares yet ({counts})."
            return Finding(self.name, None, None, ALPHA, sentence, "invalidate", {})
        return self._judged(reduce(add, tested), counts, _culprits(study, evidence.cells))

    def _judged(self, total: ChiSquare, counts: str, culprits: Mapping[str, str]) -> Finding:
        p_value = total.p_value
        passed = p_value >= ALPHA
        numbers = {"chi_square": float(total.statistic), "degrees_of_freedom": total.degrees_of_freedom}
        judged = "fit their planned shares" if passed else "do not fit their planned shares"
        where = "" if passed else f" The largest mismatch is in {' and in '.join(culprits.values())}."
        sentence = f"The arms' units {judged} (p = {p_value:.2g}; {counts}).{where}"
        return Finding(self.name, passed, p_value, ALPHA, sentence, "invalidate", {**numbers, **culprits})


@dataclass(frozen=True, slots=True)
class _PhaseCounts:
    """Exposed units by arm on some cohort days of one phase."""

    label: str
    shares: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def stray_share(self) -> float:
        strays = sum(count for count, share in zip(self.counts, self.shares, strict=True) if share == 0)
        return strays / sum(self.counts) if strays else 0.0

    @property
    def testable(self) -> bool:
        active = [share for share in self.shares if share > 0]
        return len(active) > 1 and sum(self.counts) * min(active) >= FEWEST_EXPECTED

    @property
    def chi_square(self) -> ChiSquare:
        return goodness_of_fit(self.counts, self.shares)


def _counted(cells: Cells, study: Study, segment: tuple[str, str]) -> Iterator[_PhaseCounts]:
    for phase in randomisation_phases(study.plan.design, cells.cohort_days()):
        yield _of_days(cells, phase, segment, phase.name, phase.cohorts)


def _of_days(
    cells: Cells, phase: RandomisationPhase, segment: tuple[str, str], label: str, days: Iterable[date]
) -> _PhaseCounts:
    chosen = tuple(days)
    counts = (cells.exposed(arm, segment, chosen) for arm in phase.shares)
    return _PhaseCounts(label, tuple(phase.shares.values()), tuple(counts))


def _culprits(study: Study, cells: Cells) -> dict[str, str]:
    """The cohort day and the segment value whose counts are least likely under the plan."""
    phases = randomisation_phases(study.plan.design, cells.cohort_days())
    days = [_of_days(cells, phase, ALL_UNITS, f"cohort {day}", [day]) for phase in phases for day in phase.cohorts]
    segments = [
        _of_days(cells, phase, segment, f"{segment[0]} '{segment[1]}'", phase.cohorts)
        for phase in phases
        for segment in cells.segments()
    ]
    found = {"worst_cohort_day": _worst(days), "worst_segment": _worst(segments)}
    return {name: label for name, label in found.items() if label}


def _worst(groups: Iterable[_PhaseCounts]) -> str | None:
    testable = [group for group in groups if group.testable]
    return min(testable, key=lambda group: group.chi_square.p_value).label if testable else None


def _in_words(cells: Cells, study: Study) -> str:
    return ", ".join(f"{arm} {cells.exposed(arm):,} units" for arm in study.arms)
