"""docs/causal: the index leads to every page, and a design's page names whatever is asked of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from impact_pipeline.catalog.causal.designs import CAUSAL
from impact_pipeline.diagnostics.causal.registry import CAUSAL_CHECKS
from impact_pipeline.sensitivity.registry import REFUTERS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "causal"
INDEX = FOLDER / "README.md"
SHARED = (INDEX, FOLDER / "hidden_confounding.md")
PAGES = sorted(set(FOLDER.glob("*.md")) - {INDEX})


def test_the_index_has_every_design_and_leads_to_every_page() -> None:
    text = INDEX.read_text(encoding="utf-8")
    assert set(re.findall(r"`(\w+)`", text)) >= CAUSAL
    assert [page.name for page in PAGES if f"({page.name})" not in text] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem in CAUSAL], ids=lambda page: page.stem)
def test_a_page_names_every_check_and_refuter_of_its_design(page: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (page, *SHARED))
    asked = [check.name for check in (*CAUSAL_CHECKS, *REFUTERS) if page.stem in check.designs]
    assert [name for name in asked if f"`{name}`" not in text] == []
