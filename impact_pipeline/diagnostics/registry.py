"""Every diagnostic, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.base import Diagnostic
from impact_pipeline.diagnostics.data_completeness import DataCompleteness
from impact_pipeline.diagnostics.mixed_exposure import MixedExposure
from impact_pipeline.diagnostics.pre_period_balance import PrePeriodBalance
from impact_pipeline.diagnostics.sample_ratio import SampleRatio

DIAGNOSTICS: tuple[Diagnostic, ...] = (DataCompleteness(), SampleRatio(), MixedExposure(), PrePeriodBalance())
