"""JSON Schemas of the documents, for editors: generated from the types, committed beside the catalog.

    python -m impact_pipeline.catalog.schemas data/catalog      # writes schemas/<kind>.json below the catalog

They describe a document by itself; what must hold between documents only `impact check` knows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from impact_pipeline.catalog.access import AccessPolicy
from impact_pipeline.catalog.load import FOLDERS, document_adapter

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> Mapping[str, str]:
    """File name -> text of the schema of every kind of document."""
    adapters: dict[str, TypeAdapter[Any]] = {kind: document_adapter(kind) for kind in FOLDERS.values()}
    adapters["access"] = TypeAdapter(AccessPolicy)
    found = {kind: adapter.json_schema(by_alias=True, mode="validation") for kind, adapter in adapters.items()}
    return {f"{kind}.json": _text({"$schema": DIALECT, **schema}) for kind, schema in found.items()}


def write_schemas(root: Path) -> tuple[Path, ...]:
    """Write the schemas below the catalog at `root`; returns the files."""
    folder = root / "schemas"
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in schemas())


def _text(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
