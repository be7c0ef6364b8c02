"""Independent assignment: did units come to the arms of two concurrent studies independently?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.catalog.plan import StudySegment
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.exposures.other_study import NOT_IN_STUDY
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases
from impact_pipeline.stats.chi_square import ChiSquare
from impact_pipeline.stats.interaction import association

ALPHA = 0.0005
"""For the study as a whole, at every look; each other study gets its share."""

FEWEST_EXPECTED = 5
"""Expected units of a pair of arms below which the chi-square approximation is not used."""


class IndependentAssignment:
    """Pearson's test of association of the arms of this study and of each other study that splits its segments.

    Within phases of constant shares, added up over them. If they go together, what the other change does is part of
    what this one seems to do: no ship and no rollback. Two experiments that share their hash do this.
    """

    name: ClassVar[str] = "independent_assignment"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        segments = {n: s.study for n, s in study.plan.segments.items() if isinstance(s, StudySegment)}
        if not segments:
            return Finding(self.name, None, None, None, "The plan names no other study as a segment.", "none", {})
        tests = {other: list(_associations(study, evidence.cells, name)) for name, other in segments.items()}
        p_values = {other: reduce(add, found).p_value for other, found in tests.items() if found}
        listed = ", ".join(sorted(segments.values()))
        if not p_values:
            sentence = f"Too few units are in {listed} as well to tell whether arms were assigned independently."
            return Finding(self.name, None, None, ALPHA, sentence, "hold", {})
        worst = min(p_values, key=lambda other: p_values[other])
        threshold = ALPHA / len(p_values)
        passed = p_values[worst] >= threshold
        judged = "independently of" if passed else "not independently of"
        sentence = f"Units came to their arms {judged} those of {worst} (p = {p_values[worst]:.2g})."
        details = {f"p_value {other}": p_value for other, p_value in p_values.items()}
        return Finding(self.name, passed, p_values[worst], threshold, sentence, "hold", details)


def _associations(study: Study, cells: Cells, segment: str) -> Iterator[ChiSquare]:
    values = [value for name, value in cells.segments() if name == segment and value != NOT_IN_STUDY]
    for phase in randomisation_phases(study.plan.design, cells.cohort_days()):
        counts = [_counts(cells, phase, arm, segment, values) for arm in phase.shares if phase.shares[arm] > 0]
        found = association(counts) if _fewest_expected(counts) >= FEWEST_EXPECTED else None
        if isinstance(found, ChiSquare):
            yield found


def _counts(cells: Cells, phase: RandomisationPhase, arm: str, segment: str, values: list[str]) -> list[int]:
    return [cells.exposed(arm, (segment, value), phase.cohorts) for value in values]


def _fewest_expected(counts: list[list[int]]) -> float:
    rows = [sum(row) for row in counts if any(row)]
    columns = [sum(column) for column in zip(*counts, strict=True) if any(column)]
    return min(rows) * min(columns) / sum(rows) if rows and columns else 0.0
