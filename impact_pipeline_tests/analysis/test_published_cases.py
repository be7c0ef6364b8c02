"""Published and reference numbers of randomised methods, through the command; the table names the source of each."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import pytest

from impact_pipeline_tests.analysis.commands import DATA, answered, at

with (DATA / "published_cases.csv").open(encoding="utf-8", newline="") as table:
    CASES = list(csv.DictReader(table))

OF_RANDOMISED_METHODS = {
    "ab_resume", "ab_nsw", "abn_star_k", "adj_nsw", "ratio_city", "quantile_engel", "gs_bounds", "srm_kohavi",
    "cluster_petersen", "power_r",
}  # fmt: skip
"""Those with data or closed forms; cuped_sim, ratio_sim and anytime_sim are simulated."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['case']}-{case['quantity']}")
def test_the_command_reproduces(case: dict[str, str]) -> None:
    found = at(answered(case["specification"]), case["path"])
    assert found == pytest.approx(float(case["expected"]), abs=float(case["abs_tol"]), rel=0)


def test_every_case_is_there_with_its_source() -> None:
    assert {case["case"] for case in CASES} == OF_RANDOMISED_METHODS
    assert all(case["source"] and case["kind"] in ("published", "reference") for case in CASES)


@pytest.mark.parametrize("name", ["ab_nsw.yaml", "power_r.yaml"])
def test_the_installed_command_prints_the_same_document(name: str) -> None:
    main = "from impact_pipeline.cli import main; main()"
    command = [sys.executable, "-c", main, "analyze", str(DATA / name), "--json"]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout) == answered(name)
    assert done.stderr == ""
