"""The undisturbed homes that faults are measured against."""

from __future__ import annotations

from impact_pipeline_tests.end_to_end.conftest import homes as homes
from impact_pipeline_tests.end_to_end.conftest import settings as settings
