"""`impact analyze` as a user calls it, within this process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from impact_pipeline.cli import app

DATA = Path(__file__).parent / "data"


def analyze(specification: Path, *arguments: str) -> Result:
    """What the command printed; exceptions are left in the result."""
    return CliRunner().invoke(app, ["analyze", str(specification), *arguments])


@cache
def answered(name: str) -> Any:
    """The JSON answer to a specification of the data folder."""
    found = analyze(DATA / name, "--json")
    assert found.exit_code == 0, found.exception
    return json.loads(found.stdout)


def at(answer: Any, path: str) -> Any:
    """The part of an answer at a path such as `results/metric=revenue,contrast.treatment=b/value`.

    A list is narrowed to the entries with these fields; its first one is taken.
    """
    for step in path.split("/"):
        if isinstance(answer, list):
            wanted = dict(pair.split("=") for pair in step.split(",")) if "=" in step else {}
            answer = next(entry for entry in answer if all(_field(entry, k) == v for k, v in wanted.items()))
        answer = answer if "=" in step else answer[step]
    return answer


def _field(entry: Any, name: str) -> str:
    for part in name.split("."):
        entry = entry[part]
    return str(entry)
