"""Every refuter, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.causal.base import CausalCheck
from impact_pipeline.sensitivity.adoption_specifications import AdoptionSpecifications
from impact_pipeline.sensitivity.alternative_specifications import AlternativeSpecifications
from impact_pipeline.sensitivity.bandwidth_sensitivity import BandwidthSensitivity
from impact_pipeline.sensitivity.coefficient_stability import CoefficientStability
from impact_pipeline.sensitivity.discontinuity_specifications import DiscontinuitySpecifications
from impact_pipeline.sensitivity.donor_spillover import DonorSpillover
from impact_pipeline.sensitivity.donut_hole import DonutHole
from impact_pipeline.sensitivity.e_value import EValueOfEffect
from impact_pipeline.sensitivity.honest_did import HonestDid
from impact_pipeline.sensitivity.leave_one_cohort_out import LeaveOneCohortOut
from impact_pipeline.sensitivity.leave_one_donor_out import LeaveOneDonorOut
from impact_pipeline.sensitivity.negative_control import NegativeControl
from impact_pipeline.sensitivity.panel_specifications import PanelSpecifications
from impact_pipeline.sensitivity.placebo_adoption import PlaceboAdoption
from impact_pipeline.sensitivity.placebo_cutoff import PlaceboCutoff
from impact_pipeline.sensitivity.placebo_start import PlaceboStart
from impact_pipeline.sensitivity.placebo_treatment import PlaceboTreatment
from impact_pipeline.sensitivity.placebo_units import PlaceboUnits
from impact_pipeline.sensitivity.random_common_cause import RandomCommonCause
from impact_pipeline.sensitivity.random_subsets import RandomSubsets
from impact_pipeline.sensitivity.robustness_value import RobustnessValue
from impact_pipeline.sensitivity.rosenbaum_bounds import RosenbaumBounds
from impact_pipeline.sensitivity.series_specifications import SeriesSpecifications
from impact_pipeline.sensitivity.synthetic_specifications import SyntheticSpecifications
from impact_pipeline.sensitivity.weight_clipping import WeightClipping

REFUTERS: tuple[CausalCheck, ...] = (
    AdoptionSpecifications(),
    LeaveOneCohortOut(),
    PlaceboAdoption(),
    PlaceboStart(),
    SeriesSpecifications(),
    NegativeControl(),
    AlternativeSpecifications(),
    RandomCommonCause(),
    RandomSubsets(),
    PlaceboTreatment(),
    RobustnessValue(),
    EValueOfEffect(),
    RosenbaumBounds(),
    CoefficientStability(),
    WeightClipping(),
    PlaceboCutoff(),
    DonutHole(),
    BandwidthSensitivity(),
    DiscontinuitySpecifications(),
    HonestDid(),
    PlaceboUnits(),
    PanelSpecifications(),
    LeaveOneDonorOut(),
    SyntheticSpecifications(),
    DonorSpillover(),
)
