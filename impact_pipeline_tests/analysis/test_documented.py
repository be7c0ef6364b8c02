"""docs/analyze.md: its examples run and print what it shows, and it names every field."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.analysis.schemas import schemas
from impact_pipeline.catalog.causal.designs import CAUSAL
from impact_pipeline.catalog.samples import SAMPLE_TYPES
from impact_pipeline_tests.analysis.commands import analyze, at

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "analyze.md").read_text(encoding="utf-8")
FILES = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
RUNS = re.findall(r"<!-- run: impact analyze (\S+) -->\n```text\n(.*?)\n```", PAGE, re.DOTALL)
DOCUMENTS = re.findall(r"<!-- json: impact analyze (\S+) (\S+) -->\n```json\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the page and those that it links to, and a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    shutil.copytree(DOCS / "examples", tmp_path, dirs_exist_ok=True)
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("name", "shown"), RUNS, ids=[name for name, _ in RUNS])
def test_an_example_prints_what_the_page_shows(folder: Path, name: str, shown: str) -> None:
    found = analyze(folder / name)
    assert found.exit_code == 0, found.exception
    assert "\n".join(line.rstrip() for line in found.stdout.splitlines()).strip() == shown


@pytest.mark.parametrize(("name", "path", "shown"), DOCUMENTS, ids=[name for name, _, _ in DOCUMENTS])
def test_an_example_answers_what_the_page_shows(folder: Path, name: str, path: str, shown: str) -> None:
    found = analyze(folder / name, "--json")
    assert at(json.loads(found.stdout), path) == json.loads(shown)


def test_there_is_an_example_of_every_design() -> None:
    documents = "\n".join(text for name, text in FILES if name.endswith(".yaml"))
    designs = set(re.findall(r"type: (\w+)", documents))
    assert {"randomized", "one_sample", "regression", "difference_in_differences", "power"} <= designs
    assert len(RUNS) + len(DOCUMENTS) == 10


def test_every_causal_design_and_sample_has_a_row_of_its_fields() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert CAUSAL | {kind for kinds in SAMPLE_TYPES.values() for kind in kinds} <= named


@pytest.mark.parametrize("kind", ["specification", "answer"])
def test_every_field_is_named_on_the_page(kind: str) -> None:
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", PAGE))))
    assert set(_fields(json.loads(schemas())[kind])) - named == set()


def _fields(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for part in schema.values():
            yield from _fields(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _fields(part)
