"""`impact ...` within this process."""

from __future__ import annotations

from typer.testing import CliRunner

from impact_pipeline.cli import app


def impact(*words: str) -> str:
    """What the command prints; raises what it raises."""
    done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout
