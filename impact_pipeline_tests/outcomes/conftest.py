from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.outcomes.shop_rows import Rows, fill, random_rows
from impact_pipeline_tests.small_shop import write_catalog


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake holds `random_rows(1)`, every feature and every folded day."""
    home = tmp_path_factory.mktemp("filled")
    fill(Lake(home), write_catalog(home / "catalog"), random_rows(1))
    return home


@pytest.fixture
def shop(filled: Path, tmp_path: Path) -> tuple[Catalog, Lake, Rows]:
    """A copy of the filled lake, its catalog and its rows."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return write_catalog(tmp_path / "catalog"), Lake(tmp_path), random_rows(1)
