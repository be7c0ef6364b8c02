"""The hostile cases as data: what is put in, and which outcomes are right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).parent / "data"


@cache
def all_cases() -> dict[str, dict[str, Any]]:
    """By id. The file uses aliases, and is read with the plain loader."""
    return {case["id"]: case for case in yaml.safe_load((DATA / "cases.yaml").read_text(encoding="utf-8"))}


def case(id_: str) -> dict[str, Any]:
    return all_cases()[id_]


def inputs_of(id_: str) -> list[Any]:
    """Each input of a case, to be judged alone."""
    given = case(id_).get("input")
    return given if isinstance(given, list) else [given]


def of_surface(surface: str, outcome: str) -> Iterator[Any]:
    """A parameter for each input of a surface's cases for which `outcome` is right."""
    for id_, one in all_cases().items():
        if one["surface"] == surface and outcome in one["expected"]["outcome"]:
            yield from (pytest.param(id_, text, id=f"{id_}-{n}") for n, text in enumerate(inputs_of(id_)))
