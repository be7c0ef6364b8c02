"""The JSON Schemas of a specification and of an answer, for editors and for programs that read answers."""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.specification import Specification

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> str:
    """One JSON document with both.

    >>> sorted(json.loads(schemas()))
    ['answer', 'specification']
    """
    found = {
        "specification": TypeAdapter(Specification).json_schema(mode="validation"),
        "answer": TypeAdapter(Answer).json_schema(mode="serialization"),
    }
    return json.dumps({name: {"$schema": DIALECT, **schema} for name, schema in found.items()}, indent=1)
