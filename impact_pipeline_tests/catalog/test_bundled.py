"""The bundled catalog is sound, and its contracts are documents of the public standard."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import open_data_contract_standard.model as standard
import pyarrow.parquet as pq
import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.catalog.strict_yaml import parse

DATA = Path(__file__).parents[2] / "data"
BUNDLED = DATA / "catalog"
CONTRACTS = sorted((BUNDLED / "contracts").glob("*.yaml"))


def test_the_bundled_catalog_has_no_fault() -> None:
    catalog = read_catalog(BUNDLED)
    assert len(catalog.studies) == 17
    assert catalog.broken == {}


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: str(path.stem))
def test_contracts_load_with_the_standards_own_model(path: Path) -> None:
    contract = standard.OpenDataContractStandard.from_file(str(path))
    ours = read_catalog(BUNDLED).contracts[path.stem]
    assert (contract.apiVersion, contract.name, contract.version) == ("v3.1.0", ours.name, ours.version)
    assert contract.schema_ is not None
    properties = contract.schema_[0].properties
    assert properties is not None
    assert [p.name for p in properties] == [column.name for column in ours.columns]


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: str(path.stem))
def test_contracts_keep_the_standards_json_schema(path: Path) -> None:
    schema = json.loads(Path(standard.__file__).with_name("schema.json").read_text(encoding="utf-8"))
    document = parse(path.read_text(encoding="utf-8")).value
    found = jsonschema.Draft201909Validator(schema).iter_errors(document)
    assert [error.message for error in found] == []


def test_the_open_bandit_sample_is_whole_and_as_its_contract_says() -> None:
    contract = read_catalog(BUNDLED).contracts["open_bandit_impressions"]
    files = sorted((DATA / "raw" / "open_bandit" / "impressions").glob("*.parquet"))
    tables = [pq.read_table(file) for file in files]
    assert [table.num_rows for table in tables] == [10_000] * 6
    assert {tuple(table.column_names) for table in tables} == {tuple(contract.by_name)}
    clicks = {file.stem: sum(table["click"].to_pylist()) for file, table in zip(files, tables, strict=True)}
    assert clicks == {
        "bts-all": 42,
        "bts-men": 69,
        "bts-women": 46,
        "random-all": 38,
        "random-men": 46,
        "random-women": 46,
    }
