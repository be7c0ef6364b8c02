"""Serve the Dagster UI over a home's instance."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from impact_pipeline.defs.night import prepared_instance
from impact_pipeline.defs.resources import HOME_VARIABLE


def serve_ui(home: Path, *, host: str, port: int) -> int:
    """Run `dagster dev` until it ends; returns its exit code."""
    environ = {**os.environ, HOME_VARIABLE: str(home), "DAGSTER_HOME": str(prepared_instance(home))}
    module = [sys.executable, "-m", "dagster", "dev", "--module-name", "impact_pipeline.definitions"]
    return subprocess.run([*module, "--host", host, "--port", str(port)], env=environ, check=False).returncode
