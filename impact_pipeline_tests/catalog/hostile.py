"""The hostile and legitimate inputs of `data/hostile.yaml`, each as one case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = Path(__file__).parent / "data" / "hostile.yaml"


def inputs(kind: str, outcome: str) -> Iterator[Any]:
    """Parameters for the inputs of one kind for which only `outcome` is right."""
    for case in yaml.safe_load(CASES.read_text(encoding="utf-8")):
        if case["kind"] == kind and case["outcome"][0] == outcome:
            for number, item in enumerate(case["input"]):
                yield pytest.param(_text(item), id=f"{case['id']}-{number}")


def _text(item: Any) -> Any:
    if isinstance(item, dict) and "times" in item:
        return str(item["before"] * item["times"] + item["inside"] + item["after"] * item["times"])
    return item
