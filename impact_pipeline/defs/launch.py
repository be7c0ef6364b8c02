"""Serve the Dagster UI over a home's instance."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from impact_pipeline.defs.night import prepared_instance
from impact_pipeline.defs.resources import HOME_VARIABLE

SUPERSEDED = "ignore:Function `dev_command` is superseded"
"""Dagster advises `dg dev`, a second package, in place of the command that the pinned version has."""


def serve_ui(home: Path, *, host: str, port: int) -> int:
    """Run `dagster dev` in the instance's folder, where it leaves its own files; returns its exit code.

    The instance is opened once before: processes that open a fresh one side by side can break it.
    """
    instance = prepared_instance(home)
    with dg.DagsterInstance.from_config(str(instance)):
        pass
    environ = {**os.environ, HOME_VARIABLE: str(home), "DAGSTER_HOME": str(instance)}
    module = ["-W", SUPERSEDED, "-m", "dagster", "dev", "--module-name", "impact_pipeline.definitions"]
    command = [sys.executable, *module, "--host", host, "--port", str(port)]
    return subprocess.run(command, cwd=instance, env=environ, check=False).returncode
