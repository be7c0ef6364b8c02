"""The environment every test runs in: one thread of linear algebra, nothing calls out, property tests repeat."""

from __future__ import annotations

import os
import platform

os.environ.update(
    DAGSTER_DISABLE_TELEMETRY="1",
    DO_NOT_TRACK="1",
    GX_ANALYTICS_ENABLED="false",
    HYPOTHESIS_NO_NPM="1",
    MKL_NUM_THREADS="1",
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
)
if platform.machine() == "x86_64":
    os.environ["OPENBLAS_CORETYPE"] = "Haswell"

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
