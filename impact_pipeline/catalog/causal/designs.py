"""Every causal design, discriminated on `type`, and what each is asked on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from impact_pipeline.catalog.causal.difference_in_differences import DifferenceInDifferences
from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.catalog.causal.off_policy_evaluation import OffPolicyEvaluation
from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.catalog.causal.staggered_adoption import StaggeredAdoption
from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.catalog.causal.synthetic_control import SyntheticControl

AnyCausalDesign = (
    DifferenceInDifferences
    | StaggeredAdoption
    | SyntheticControl
    | Observational
    | RegressionDiscontinuity
    | InstrumentalVariables
    | InterruptedTimeSeries
    | StructuralTimeSeries
    | OffPolicyEvaluation
)

CausalDesign = Annotated[AnyCausalDesign, Field(discriminator="type")]

PANEL_DESIGNS = frozenset({"difference_in_differences", "staggered_adoption", "synthetic_control"})
CROSS_SECTION_DESIGNS = frozenset({"observational", "regression_discontinuity", "instrumental_variables"})
SERIES_DESIGNS = frozenset({"interrupted_time_series", "structural_time_series"})
LOGGED_DESIGNS = frozenset({"off_policy_evaluation"})

CAUSAL = PANEL_DESIGNS | CROSS_SECTION_DESIGNS | SERIES_DESIGNS | LOGGED_DESIGNS
"""Types of designs in which nobody was randomised for the study: their best grade is C."""
