"""Sample ratio: did the arms receive the units the plan promised them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.diagnostics.arm_counts import PhaseCounts, chi_square, counted, log_e_values
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.mismatch_origin import Origin, worst_cohort_day, worst_segment_value
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.sample_ratio_sequence import p_value

ALPHA = 0.0005
"""The chance that a sound study is ever called invalid, over all its nightly looks together."""

LARGEST_STRAY_SHARE = 0.001
"""Share of a phase's units tolerated in arms that the plan gives none (clocks differ at the edge of a phase)."""

Details = dict[str, float | int | str]


class SampleRatio:
    """Multinomial e-value of exposed units against planned shares, cohort day by cohort day, within phases.

    The running maximum over cohort days decides: an alarm stays, and a look every night costs nothing. Pearson's
    chi-square of the phases is kept in the details. A mismatch says that exposure or its logging depends on the arm,
    and then no difference between arms can be trusted. Lindon, Malek (2022), NeurIPS 35; Fabijan et al. (2019), KDD.
    """

    name: ClassVar[str] = "sample_ratio"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        phases = counted(study, evidence.cells)
        stray = max((phase.stray_share for phase in phases), default=0.0)
        units = _in_words(evidence.cells, study)
        if stray > LARGEST_STRAY_SHARE:
            told = f"{100 * stray:.1f} % of the units of a phase are in an arm that the plan gives no share ({units})."
            return Finding(self.name, False, stray, LARGEST_STRAY_SHARE, told, "invalidate", {"stray_share": stray})
        if not any(phase.comparable for phase in phases):
            told = f"No unit yet to compare the arms with their planned shares ({units})."
            return Finding(self.name, None, None, ALPHA, told, "invalidate", {})
        return self._judged(study, evidence.cells, phases, units)

    def _judged(self, study: Study, cells: Cells, phases: Sequence[PhaseCounts], units: str) -> Finding:
        p_by_day = np.atleast_1d(p_value(log_e_values(phases)))
        p, alarms = float(p_by_day[-1]), p_by_day <= ALPHA
        details = _chi_square_details(phases)
        if not alarms.any():
            sentence = f"The arms' units fit their planned shares (sequential p = {p:.2g}; {units})."
            return Finding(self.name, True, p, ALPHA, sentence, "invalidate", details)
        since = [day for phase in phases for day in phase.days][int(alarms.argmax())]
        sentence = (
            f"The arms' units do not fit their planned shares (sequential p = {p:.2g}, alarm on {since}; {units})."
        )
        origins = {"segment": worst_segment_value(study, cells), "cohort_day": worst_cohort_day(phases)}
        told = [f"{origin.in_words}." for origin in origins.values() if origin is not None]
        details |= {"alarm_at": since.isoformat(), **_origin_details(origins)}
        return Finding(self.name, False, p, ALPHA, " ".join([sentence, *told]), "invalidate", details)


def _chi_square_details(phases: Sequence[PhaseCounts]) -> Details:
    found = chi_square(phases)
    if found is None:
        return {}
    return {
        "chi_square": float(found.statistic),
        "degrees_of_freedom": found.degrees_of_freedom,
        "chi_square_p_value": found.p_value,
    }


def _origin_details(origins: dict[str, Origin | None]) -> Details:
    details: Details = {}
    for name, origin in origins.items():
        if origin is not None:
            details |= {f"worst_{name}": origin.label, f"worst_{name}_p_value": origin.p_value}
    return details


def _in_words(cells: Cells, study: Study) -> str:
    return ", ".join(f"{arm} {cells.exposed(arm):,} units" for arm in study.arms)
