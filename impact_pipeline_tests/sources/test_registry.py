"""Kinds of source by the type of their document."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.source import DatabaseSource, FilesSource
from impact_pipeline.errors import InputError
from impact_pipeline.sources.database import Database
from impact_pipeline.sources.files import Files
from impact_pipeline.sources.registry import OPENERS, open_source
from impact_pipeline_tests.sources.orders import source_document

FILES = FilesSource.model_validate(source_document("files", {"format": "csv", "path": "{day}.csv"}, root="raw"))
DATABASE = DatabaseSource.model_validate(
    source_document("database", {"table": "orders", "day_column": "dt"}, url="env:SHOP_URL")
)


def test_each_document_opens_its_source(tmp_path: Path) -> None:
    assert isinstance(open_source(FILES, tmp_path, {}), Files)
    assert isinstance(open_source(DATABASE, tmp_path, {"SHOP_URL": "canary"}), Database)


def test_a_source_shows_no_secret(tmp_path: Path) -> None:
    source = open_source(DATABASE, tmp_path, {"SHOP_URL": "canary"})
    assert source.describe("orders") == "source 'shop', env:SHOP_URL, table orders"
    assert "canary" not in repr(source)


def test_an_unknown_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^source 'shop': type 'database' is not one of 'files'; use one of these$"):
        open_source(DATABASE, tmp_path, {}, {"files": OPENERS["files"]})
