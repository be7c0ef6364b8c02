"""Any of the samples that a causal method may take."""

from __future__ import annotations

from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.samples.series import Series

Sample = Panel | CrossSection | Series | LoggedDecisions
