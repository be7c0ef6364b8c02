"""docs/calibration.md: its example is a scenario that does what the page says, and it names every column and field."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from impact_pipeline.calibration.run import FULL_DRAWS
from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.calibration.terminal import HEADS
from impact_pipeline.calibration.trial import trial
from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.stats.samples.cross_section import CrossSection

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
DRAWS = 5


def test_the_example_is_a_scenario_whose_broken_assumption_is_caught() -> None:
    assert EXAMPLE is not None
    given: dict[str, Any] = {
        "np": np, "CrossSection": CrossSection, "Drawn": Drawn, "Observational": Observational, "Scenario": Scenario,
    }  # fmt: skip
    exec(EXAMPLE.group(1), given)
    [scenario] = given["SCENARIOS"]
    assert [trial(scenario, number, seed=1).caught for number in range(DRAWS)] == [True] * DRAWS


def test_the_page_explains_every_column_of_the_table() -> None:
    explained = re.findall(r"^\| ([\w ]+) \|", PAGE, re.MULTILINE)
    assert set(HEADS) - {"scenario"} <= set(explained)


def test_the_page_explains_every_field_of_a_scenario() -> None:
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", PAGE))))
    assert {field.name for field in fields(Scenario)} <= named


def test_the_page_tells_how_many_draws_a_run_takes() -> None:
    quick = next(field.default for field in fields(Scenario) if field.name == "quick")
    assert f"({quick} unless it says otherwise)" in PAGE
    assert f"draws of a quick run ({quick})" in PAGE
    assert f"{FULL_DRAWS} of each scenario" in PAGE
