from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from impact_pipeline.catalog.load import FOLDERS
from impact_pipeline.catalog.schemas import schemas, write_schemas
from impact_pipeline.catalog.strict_yaml import parse

BUNDLED = Path(__file__).parents[2] / "data" / "catalog"
DOCUMENTS = sorted(path.relative_to(BUNDLED) for path in BUNDLED.rglob("*.yaml"))


def test_the_committed_schemas_are_current() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (BUNDLED / "schemas").glob("*.json")}
    message = "run `python -m impact_pipeline.catalog.schemas data/catalog` and commit what it writes"
    assert committed == schemas(), message


def test_there_is_a_schema_for_every_kind_of_document(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert [path.name for path in written] == [f"{kind}.json" for kind in (*FOLDERS.values(), "access")]
    for path in written:
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_bundled_documents_name_their_schema_and_keep_it(document: Path) -> None:
    text = (BUNDLED / document).read_text(encoding="utf-8")
    kind = FOLDERS[document.parts[0]]
    assert text.splitlines()[0] == f"# yaml-language-server: $schema=../schemas/{kind}.json"
    jsonschema.Draft202012Validator(json.loads(schemas()[f"{kind}.json"])).validate(parse(text).value)


def test_a_schema_refuses_what_an_author_misspells() -> None:
    plan = parse((BUNDLED / "studies" / "ranker_v7.yaml").read_text(encoding="utf-8")).value
    validator = jsonschema.Draft202012Validator(json.loads(schemas()["study.json"]))
    assert [error.message for error in validator.iter_errors({**plan, "hypotesis": "x"})] == [
        "Additional properties are not allowed ('hypotesis' was unexpected)"
    ]
