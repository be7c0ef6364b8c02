from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
EXAMPLE = re.compile(r"<!-- yaml (\S+) -->\n```yaml\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\| `impact (\w+)", re.MULTILINE)
LARGEST_IMAGE = 300_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_of_the_project(page: Path) -> None:
    dead = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert dead == []


def test_images_are_small() -> None:
    assert [path.name for path in (ROOT / "docs" / "images").iterdir() if path.stat().st_size > LARGEST_IMAGE] == []


def test_the_readme_names_every_command() -> None:
    named = COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(named) == sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_readme_examples_are_sound_documents_beside_the_bundled_ones(tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    shutil.copytree(ROOT / "data" / "catalog", root)
    examples = EXAMPLE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    for name, text in examples:
        (root / name).write_text(text, encoding="utf-8")
    catalog = read_catalog(root)
    assert catalog.study("ranker_v8").planned_look.isoformat() == "2026-05-02"
    assert {name.split("/")[0] for name, _ in examples} == {
        "sources", "contracts", "facts", "features", "metrics", "studies",
    }  # fmt: skip
