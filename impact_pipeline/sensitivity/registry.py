"""Every refuter, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.causal.base import CausalCheck
from impact_pipeline.sensitivity.adoption_specifications import AdoptionSpecifications
from impact_pipeline.sensitivity.leave_one_cohort_out import LeaveOneCohortOut
from impact_pipeline.sensitivity.placebo_adoption import PlaceboAdoption
from impact_pipeline.sensitivity.placebo_start import PlaceboStart
from impact_pipeline.sensitivity.series_specifications import SeriesSpecifications

REFUTERS: tuple[CausalCheck, ...] = (
    AdoptionSpecifications(),
    LeaveOneCohortOut(),
    PlaceboAdoption(),
    PlaceboStart(),
    SeriesSpecifications(),
)
