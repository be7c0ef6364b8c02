"""Published matching, weighting, g-formula and balance tables, through the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from impact_pipeline_tests.analysis.commands import DATA, analyze, answered, at

with (DATA / "published_observational.csv").open(encoding="utf-8", newline="") as table:
    CASES = list(csv.DictReader(table))

QUANTITIES = {"match_lalonde": 2, "teffects_cattaneo": 8, "nhefs_gformula": 5, "balance_lalonde": 7}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['case']}-{case['quantity']}")
def test_the_command_reproduces(case: dict[str, str]) -> None:
    found = at(answered(case["specification"]), case["path"])
    assert found == pytest.approx(float(case["expected"]), abs=float(case["abs_tol"]), rel=0)


def test_every_quantity_is_there_with_its_source() -> None:
    assert {name: sum(case["case"] == name for case in CASES) for name in QUANTITIES} == QUANTITIES
    assert all(case["source"] and case["kind"] in ("published", "reference") for case in CASES)


def test_collinear_covariates_are_refused_by_name(tmp_path: Path) -> None:
    text = (DATA / "teffects_cattaneo_aipw.yaml").read_text(encoding="utf-8")
    path = tmp_path / "collinear.yaml"
    path.write_text(
        text.replace("data: ", f"data: {DATA}/").replace("[mmarried_, mage,", "[mmarried_, mage, 2 * mage,")
    )
    answer = json.loads(analyze(path, "--json").stdout)
    main = at(answer, "effects/metric=weight_g,name=main")
    assert main["reason"] == "collinear"
    assert "'2 * mage' is a combination of those before it" in main["detail"]
    assert main["value"] is None
