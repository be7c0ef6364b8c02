"""Every refuter, in the order in which findings are reported."""

from __future__ import annotations

from impact_pipeline.diagnostics.causal.base import CausalCheck

REFUTERS: tuple[CausalCheck, ...] = ()
