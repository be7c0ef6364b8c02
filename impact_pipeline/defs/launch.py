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


READ_ONLY = ("-m", "dagster_webserver", "--read-only")
WRITABLE = ("-W", SUPERSEDED, "-m", "dagster", "dev")


def serve_ui(home: Path, *, host: str, port: int, read_only: bool = False) -> int:
    """Serve the UI in the instance's folder, where Dagster leaves its own files; returns the server's exit code.

    Read-only it is the web server alone: it refuses to change anything, and no daemon runs. The instance is opened
    once before: processes that open a fresh one side by side can break it.
    """
    instance = prepared_instance(home)
    with dg.DagsterInstance.from_config(str(instance)):
        pass
    environ = {**os.environ, HOME_VARIABLE: str(home), "DAGSTER_HOME": str(instance)}
    server = [sys.executable, *(READ_ONLY if read_only else WRITABLE), "--module-name", "impact_pipeline.definitions"]
    command = [*server, "--host", host, "--port", str(port)]
    return subprocess.run(command, cwd=instance, env=environ, check=False).returncode
