"""What Dagster loads."""

from __future__ import annotations

from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.defs.resources import home_from_environment

defs = definitions_of(home_from_environment())
