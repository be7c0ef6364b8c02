"""Documents by themselves: what a source, contract, fact, feature and model may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from impact_pipeline.catalog.contract import Contract, Property, QualityRule
from impact_pipeline.catalog.document import Document
from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.catalog.identity import canonical, digest
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.catalog.model import MlModel
from impact_pipeline.catalog.source import DatabaseDataset, DatabaseSource, FileDataset, SourceDocument
from impact_pipeline_tests.catalog.mini import write_mini

COLUMN = {"name": "amount", "logicalType": "number", "physicalType": "DECIMAL(12,2)"}
NAMED = {"name": "shop", "owner": "team:data", "description": "test", "first_day": "2026-03-01"}
IDENTIFIER = [{"property": "impact.role", "value": "identifier"}]


def refusal(model: type[BaseModel], value: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("model", "value", "message"),
    [
        (DatabaseDataset, {"day_column": "at"}, "name either `table` or `query`, and not both"),
        (
            DatabaseDataset,
            {"day_column": "at", "table": "t", "query": "select 1"},
            "name either `table` or `query`, and not both",
        ),
        (FileDataset, {"format": "csv", "path": "a.csv"}, "put {day} in `path`, or name a `day_column`, and not both"),
        (
            FileDataset,
            {"format": "csv", "path": "{day}.csv", "day_column": "at"},
            "put {day} in `path`, or name a `day_column`, and not both",
        ),
        (FileDataset, {"format": "csv", "path": "/etc/{day}"}, "relative to the source's root and stays inside it"),
        (FileDataset, {"format": "csv", "path": "a/../../{day}"}, "relative to the source's root and stays inside it"),
        (
            DatabaseSource,
            {**NAMED, "type": "database", "url": "postgresql://me:word@host/db", "datasets": {}},
            "write `env:NAME` (the URL is read from that environment variable), or `sqlite:///file`",
        ),
        (
            Property,
            {**COLUMN, "logicalType": "integer"},
            "physicalType DECIMAL(12,2) has logicalType 'number', not 'integer'",
        ),
        (Property, {**COLUMN, "physicalType": "DECIMAL(39,2)"}, "String should match pattern"),
        (
            Property,
            {**COLUMN, "customProperties": IDENTIFIER},
            "an identifier is a VARCHAR and names its `impact.entity`",
        ),
        (
            Property,
            {"name": "id", "logicalType": "string", "physicalType": "VARCHAR", "customProperties": IDENTIFIER},
            "an identifier is a VARCHAR and names its `impact.entity`",
        ),
        (QualityRule, {"metric": "freshness"}, "Input should be 'rowCount', 'nullValues'"),
        (Document, {"name": "con", "owner": "team:data", "description": "x"}, "'con' names a device on some systems"),
        (Document, {"name": "A", "owner": "team:data", "description": "x"}, "String should match pattern"),
        (Document, {"name": "abc", "owner": "data", "description": "x"}, "String should match pattern"),
        (Document, {"name": "abc", "owner": "team:data", "description": ""}, "at least 1 character"),
        (Window, {"start_day": -1, "days": 7}, "greater than or equal to 0"),
        (
            MlModel,
            {"name": "m1", "owner": "team:a", "description": "x", "product_area": "y", "versions": []},
            "at least 1",
        ),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused(
    model: type[BaseModel], value: dict[str, Any], message: str
) -> None:
    assert message in refusal(model, value)


def test_sources_are_told_apart_by_type() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(SourceDocument)
    database = adapter.validate_python({**NAMED, "type": "database", "url": "env:SHOP_URL", "datasets": {}})
    files = adapter.validate_python({**NAMED, "type": "files", "root": "raw", "datasets": {}})
    assert (database.type, files.type) == ("database", "files")


@pytest.mark.parametrize(
    ("logical", "physical", "role"),
    [
        ("string", "VARCHAR", "dimension"),
        ("boolean", "BOOLEAN", "dimension"),
        ("integer", "BIGINT", "measure"),
        ("number", "DOUBLE", "measure"),
        ("date", "DATE", "time"),
        ("timestamp", "TIMESTAMPTZ", "time"),
    ],
)
def test_a_column_has_the_role_its_type_suggests(logical: str, physical: str, role: str) -> None:
    column = Property.model_validate({"name": "some", "logicalType": logical, "physicalType": physical})
    assert (column.role, column.entity, column.lake_type) == (role, None, physical)


def test_an_identifier_is_a_pseudonym_inside_the_lake(tmp_path: Path) -> None:
    contract = read_catalog(write_mini(tmp_path)).contracts["orders"]
    assert contract.identifier_of("user") == "user_id"
    assert contract.identifier_of("store") is None
    assert contract.by_name["user_id"].lake_type == "BIGINT"


def test_a_contracts_properties_have_defaults(tmp_path: Path) -> None:
    contract = read_catalog(write_mini(tmp_path)).contracts["visits"]
    assert (contract.on_breach, contract.max_quarantined_share, contract.event_at) == ("fail", 0.05, None)
    assert (contract.latency_hours, contract.primary_key, contract.owner) == (None, (), "team:data")


@pytest.mark.parametrize(("value", "unit", "hours"), [(90, "m", 1.5), (6, "h", 6.0), (3, "d", 72.0), (5, None, 5.0)])
def test_latency_is_read_in_hours(tmp_path: Path, value: int, unit: str | None, hours: float) -> None:
    contract = read_catalog(write_mini(tmp_path)).contracts["visits"]
    sla = {"property": "latency", "value": value, "unit": unit}
    changed = Contract.model_validate({**contract.model_dump(by_alias=True), "slaProperties": [sla]})
    assert changed.latency_hours == hours


def test_a_primary_key_stands_in_order_of_position(tmp_path: Path) -> None:
    text = ("contracts/visits.yaml", "{name: country,", "{name: country, primaryKey: true, primaryKeyPosition: 2,")
    second = ("contracts/visits.yaml", "{name: store_id,", "{name: store_id, primaryKey: true, primaryKeyPosition: 1,")
    assert read_catalog(write_mini(tmp_path, text, second)).contracts["visits"].primary_key == ("store_id", "country")


def test_a_metric_has_its_inputs_by_their_places(tmp_path: Path) -> None:
    metrics = read_catalog(write_mini(tmp_path)).metrics
    places = [[place for place, _ in metrics[name].inputs] for name in ("revenue", "share")]
    assert places == [[("value",)], [("numerator",), ("denominator",)]]
    assert metrics["share"].last_day == 9


def test_a_feature_that_is_not_told_how_takes_missing_as_zero(tmp_path: Path) -> None:
    feature = read_catalog(write_mini(tmp_path)).features["revenue_before"]
    assert isinstance(feature, SumFeature)
    assert (feature.remediation.missing, feature.as_of) == (0, "day_start")


def test_documents_are_frozen(tmp_path: Path) -> None:
    metric = read_catalog(write_mini(tmp_path)).metrics["revenue"]
    with pytest.raises(ValidationError, match="frozen"):
        metric.version = 2  # type: ignore[misc]


def test_a_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    one = read_catalog(write_mini(tmp_path / "one"))
    reordered = ("metrics/revenue.yaml", "type: mean\nname: revenue\n", "name: revenue\ntype: mean\n")
    two = read_catalog(write_mini(tmp_path / "two", reordered))
    three = read_catalog(write_mini(tmp_path / "three", ("metrics/revenue.yaml", "days: 7", "days: 8")))
    assert digest(one.metrics["revenue"]) == digest(two.metrics["revenue"]) != digest(three.metrics["revenue"])


def test_canonical_json_has_one_form() -> None:
    assert canonical({"b": 1, "a": [1.5, None]}) == b'{"a":[1.5,null],"b":1}'
    with pytest.raises(ValueError, match="Out of range float"):
        canonical(float("nan"))
