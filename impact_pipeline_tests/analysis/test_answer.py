from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from impact_pipeline.analysis.analyze import analyze
from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.table import Table
from impact_pipeline.cli import app
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline_tests.analysis.tables import answer_of, specified, table_of, two_arms

METRICS: tuple[dict[str, Any], ...] = (
    {"type": "mean", "value": "y", "covariates": ["x * 2"], "margin": {"relative": 0.1}},
    {"type": "ratio", "numerator": "y", "denominator": "x"},
    {"type": "quantile", "value": "y", "quantile": 0.9},
    {"type": "proportion", "value": "y > 1 AND x < 3"},
)


def columns(units: int = 3000) -> dict[str, Any]:
    rng = np.random.default_rng(16)
    x = rng.gamma(3.0, size=units)
    return {
        "arm": two_arms(rng, units), "x": x, "y": x * rng.gamma(2.0, size=units) / 3,
        "country": np.array(["de", "fr"])[rng.integers(0, 2, units)],
    }  # fmt: skip


def test_the_numbers_of_a_document_read_back_are_the_same() -> None:
    answer = answer_of(specified(*METRICS, segments=["country"], prior={"lift_std_dev": 0.1}), **columns())
    assert TypeAdapter(Answer).validate_json(answer.as_json()) == answer
    assert answer.as_json() == TypeAdapter(Answer).validate_json(answer.as_json()).as_json()


def test_neither_the_order_of_rows_nor_the_threads_change_a_bit() -> None:
    given, asked = columns(), specified(*METRICS, segments=["country"])
    order = np.random.default_rng(17).permutation(3000)
    shuffled = {name: values[order] for name, values in given.items()}
    threads = Table("rows", table_of(**shuffled).rows, DuckDBEngine(threads=2))
    assert analyze(asked, threads).as_json() == answer_of(asked, **given).as_json()


@pytest.mark.parametrize("name", ["specification", "answer"])
def test_the_schemas_are_printed(name: str) -> None:
    found = CliRunner().invoke(app, ["analyze", "--schema"])
    schema = json.loads(found.stdout)[name]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]


def test_without_a_specification_the_command_says_what_it_needs() -> None:
    assert "name a specification" in str(CliRunner().invoke(app, ["analyze"]).exception)
