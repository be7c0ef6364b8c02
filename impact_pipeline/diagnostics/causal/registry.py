"""Every check of causal designs, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.causal.anticipation import Anticipation
from impact_pipeline.diagnostics.causal.backtest import Backtest
from impact_pipeline.diagnostics.causal.balance import CovariateBalance
from impact_pipeline.diagnostics.causal.base import CausalCheck
from impact_pipeline.diagnostics.causal.common_start import CommonStart
from impact_pipeline.diagnostics.causal.control_series_moved import ControlSeriesMoved
from impact_pipeline.diagnostics.causal.convex_hull import ConvexHull
from impact_pipeline.diagnostics.causal.covariate_continuity import CovariateContinuity
from impact_pipeline.diagnostics.causal.doubly_robust_disagreement import DoublyRobustDisagreement
from impact_pipeline.diagnostics.causal.effective_sample_size import EffectiveSampleSize
from impact_pipeline.diagnostics.causal.endogeneity import Endogeneity
from impact_pipeline.diagnostics.causal.estimators_agree import EstimatorsAgree
from impact_pipeline.diagnostics.causal.few_clusters import FewClusters
from impact_pipeline.diagnostics.causal.group_time_pre_trends import GroupTimePreTrends
from impact_pipeline.diagnostics.causal.instrument_balance import InstrumentBalance
from impact_pipeline.diagnostics.causal.mass_points import MassPoints
from impact_pipeline.diagnostics.causal.missing_cells import MissingCells
from impact_pipeline.diagnostics.causal.model_specification import ModelSpecification
from impact_pipeline.diagnostics.causal.over_identification import OverIdentification
from impact_pipeline.diagnostics.causal.overlap import Overlap
from impact_pipeline.diagnostics.causal.placebo_in_time import PlaceboInTime
from impact_pipeline.diagnostics.causal.placebo_period import PlaceboPeriod
from impact_pipeline.diagnostics.causal.policy_support import PolicySupport
from impact_pipeline.diagnostics.causal.policy_values_agree import PolicyValuesAgree
from impact_pipeline.diagnostics.causal.pre_fit import PreFit
from impact_pipeline.diagnostics.causal.pre_period_length import PrePeriodLength
from impact_pipeline.diagnostics.causal.pre_trends import PreTrends
from impact_pipeline.diagnostics.causal.propensity_calibration import PropensityCalibration
from impact_pipeline.diagnostics.causal.residual_autocorrelation import ResidualAutocorrelation
from impact_pipeline.diagnostics.causal.score_density import ScoreDensity
from impact_pipeline.diagnostics.causal.small_cohorts import SmallCohorts
from impact_pipeline.diagnostics.causal.two_way_bias import TwoWayBias
from impact_pipeline.diagnostics.causal.weak_first_stage import WeakFirstStage
from impact_pipeline.diagnostics.causal.weak_instruments import WeakInstruments
from impact_pipeline.diagnostics.causal.weight_concentration import WeightConcentration
from impact_pipeline.diagnostics.causal.weight_mean import WeightMean

CAUSAL_CHECKS: tuple[CausalCheck, ...] = (
    WeakInstruments(),
    InstrumentBalance(),
    OverIdentification(),
    Endogeneity(),
    GroupTimePreTrends(),
    Anticipation(),
    EstimatorsAgree(),
    TwoWayBias(),
    SmallCohorts(),
    PrePeriodLength(),
    Backtest(),
    ControlSeriesMoved(),
    ResidualAutocorrelation(),
    CovariateBalance(),
    Overlap(),
    DoublyRobustDisagreement(),
    ModelSpecification(),
    PolicySupport(),
    PropensityCalibration(),
    WeightMean(),
    EffectiveSampleSize(),
    PolicyValuesAgree(),
    ScoreDensity(),
    CovariateContinuity(),
    WeakFirstStage(),
    MassPoints(),
    CommonStart(),
    FewClusters(),
    PreTrends(),
    PlaceboPeriod(),
    MissingCells(),
    PreFit(),
    ConvexHull(),
    PlaceboInTime(),
    WeightConcentration(),
)
