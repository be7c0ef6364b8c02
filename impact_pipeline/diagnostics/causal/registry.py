"""Every check of causal designs, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.causal.base import CausalCheck

CAUSAL_CHECKS: tuple[CausalCheck, ...] = ()
