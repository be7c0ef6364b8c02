"""A request to erase one user, and when it is followed."""

from __future__ import annotations

from datetime import UTC, datetime

from impact_pipeline.stages.erasure_request import Request
from impact_pipeline_tests.delivered_home import (
    GONE,
)

ASKED = Request("R-7", "user", (GONE,), "asked for it in writing", "dpo")
LATER = datetime(2026, 3, 11, 4, tzinfo=UTC)
