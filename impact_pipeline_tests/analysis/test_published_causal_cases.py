"""Published and reference numbers of causal designs, through the command; each table names the source of its rows."""

from __future__ import annotations

import csv

import pytest

from impact_pipeline_tests.analysis.commands import DATA, answered, at

CASES = [
    row
    for table in sorted(DATA.glob("published_*.csv"))
    if table.name != "published_cases.csv"
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())
]

OF_CAUSAL_DESIGNS = {
    "did_organ", "did_kielmc", "did_castle", "cs_mpdta", "cs_sim", "sc_prop99", "sc_adh_weights", "match_lalonde",
    "teffects_cattaneo", "nhefs_gformula", "balance_lalonde", "rd_senate", "rd_lmb", "iv_card", "iv_mroz", "its_prop99",
    "bsts_nile", "ope_obd", "sens_darfur", "sens_evalue", "hte_acic",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['case']}-{case['quantity']}")
def test_the_command_reproduces(case: dict[str, str]) -> None:
    found = float(at(answered(case["specification"]), case["path"]))
    low, _, high = case["expected"].partition(" to ")
    if high:
        assert float(low) <= found <= float(high)
    else:
        assert found == pytest.approx(float(low), abs=float(case["abs_tol"]), rel=0)


def test_every_case_is_there_with_its_source() -> None:
    assert {case["case"] for case in CASES} == OF_CAUSAL_DESIGNS
    assert all(case["source"] and case["kind"] in ("published", "reference", "truth") for case in CASES)
