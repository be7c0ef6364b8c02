"""Every check of causal designs, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.causal.base import CausalCheck
from impact_pipeline.diagnostics.causal.endogeneity import Endogeneity
from impact_pipeline.diagnostics.causal.instrument_balance import InstrumentBalance
from impact_pipeline.diagnostics.causal.over_identification import OverIdentification
from impact_pipeline.diagnostics.causal.weak_instruments import WeakInstruments

CAUSAL_CHECKS: tuple[CausalCheck, ...] = (
    WeakInstruments(),
    InstrumentBalance(),
    OverIdentification(),
    Endogeneity(),
)
