"""Causal designs on a file: where the sample is, what is refused and where, and what the answer holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.causal_terminal import causal_lines, causal_tables
from impact_pipeline.errors import InputError
from impact_pipeline.estimators.base import Estimate, NotEstimable
from impact_pipeline_tests.analysis.commands import analyze
from impact_pipeline_tests.analysis.tables import answer_of, specified

DID = {"type": "difference_in_differences"}
PANEL = {"type": "panel", "unit": "shop", "period": "week", "treated": "open = 1 AND week > 4"}
OUTCOME = {"type": "mean", "value": "sales"}


def panel(**changes: Any) -> dict[str, Any]:
    """Twenty-four shops over eight weeks, half of which open on Sundays from week 5 on, and sell 2 more."""
    rng = np.random.default_rng(3)
    shop, week = (np.repeat(np.arange(24), 8), np.tile(np.arange(1, 9), 24))
    treated = (shop < 12) & (week > 4)
    sales = 10 + rng.normal(0, 1, 24)[shop] + 0.3 * week + 2 * treated + rng.normal(0, 0.5, len(shop))
    opened = (shop < 12).astype(int)
    starts = np.where(shop < 12, 5, 0)
    return {
        "shop": [f"s{n:02}" for n in shop],
        "week": week,
        "open": opened,
        "sales": sales,
        "starts": starts,
    } | changes


def asked(sample: dict[str, Any] = PANEL, design: dict[str, Any] = DID, **more: Any) -> Any:
    metric = {**OUTCOME, **more.pop("metric", {})}
    return specified(metric, design=design, sample=sample, **more)


def answered(sample: dict[str, Any] = PANEL, columns: dict[str, Any] | None = None, **more: Any) -> Answer:
    return answer_of(asked(sample, **more), **(columns or panel()))


def test_a_panel_answers_with_result_effects_findings_and_pictures() -> None:
    found = answered()
    [result] = found.results
    assert isinstance(result, Estimate)
    assert result.interval.lower < 2 < result.interval.upper
    assert (found.grade, result.grade, result.contrast.treatment) == ("C", "C", "treated")
    assert {effect.name for effect in found.effects} > {"main"}
    assert all(finding.metric == "m0" and finding.asks for finding in found.findings)
    assert "curve" in {shown.exhibit.type for shown in found.exhibits}


def test_treatment_by_row_and_first_treated_period_are_the_same_sample() -> None:
    by_start = {**PANEL, "treated": None, "treated_from": "starts"}
    assert answered().effects == answered({k: v for k, v in by_start.items() if v is not None}).effects


def test_the_order_of_rows_changes_no_bit() -> None:
    order = np.random.default_rng(1).permutation(24 * 8)
    shuffled = {name: np.asarray(values)[order] for name, values in panel().items()}
    assert answered(columns=shuffled).effects == answered().effects


def test_the_answer_is_json_without_nan() -> None:
    plain = json.loads(answered().as_json())
    assert {"effects", "numbers", "findings", "exhibits", "attempts", "grade"} <= plain.keys()


def test_tables_tell_effects_and_checks_and_the_grade() -> None:
    found = answered()
    titles = [title for title, _, _ in causal_tables(found)]
    assert titles == ["Beside the main effect", "Numbers of the method", "Checks"]
    assert list(causal_lines(found)) == ["evidence of grade C (a quasi-experiment whose checks passed)"]


def test_a_second_row_of_a_unit_and_period_is_named() -> None:
    columns = {name: [*values, values[3]] for name, values in panel().items()}
    with pytest.raises(InputError, match=r"sample: 1 pairs of unit and period have several rows, the first unit 's00'"):
        answered(columns=columns)


def test_rows_without_a_number_are_refused_and_can_be_dropped() -> None:
    columns = panel()
    columns["sales"] = np.where(np.arange(24 * 8) == 9, np.nan, columns["sales"])
    with pytest.raises(InputError, match=r"metrics\.0\.value: 1 of 192 rows lack a finite number"):
        answered(columns=columns)
    assert answered(columns=columns, metric={"missing": "drop"}).dropped == {"m0": 1}


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        ({**PANEL, "treated": "week"}, "sample.treated: shares of a period lie in 0 .. 1"),
        ({**PANEL, "unit": "store"}, "sample.unit: rows has no column 'store'"),
        ({**PANEL, "covariates": ["shop"]}, "sample.covariates.0: a column of text or days is only compared"),
        (
            {"type": "panel", "unit": "shop", "period": "week", "treated_from": "shop"},
            "sample.treated_from: 'shop' holds",
        ),
    ],
)
def test_faults_of_a_sample_are_located(sample: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told.replace("(", r"\(")):
        answered(sample)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sample": None}, "takes a sample of type 'panel' or 'cross_section'; found none"),
        ({"sample": {"type": "series", "period": "week", "starts": 5}}, "found 'series'"),
        ({"segments": ("shop",)}, "`segments` goes with a randomized design; remove it"),
        ({"metric": {"type": "quantile"}}, "a quantile is not the outcome of a causal design"),
        ({"metric": {"covariates": ("week",)}}, "covariates are those of `sample`"),
        ({"fallback": ({"design": {"type": "off_policy_evaluation"}},)}, "fallback.0: a off_policy_evaluation design"),
        ({"sample": {**PANEL, "treated_from": "week"}}, "`treated`, a condition by row, or `treated_from`"),
    ],
)
def test_faults_of_a_document_are_told(given: dict[str, Any], told: str) -> None:
    given = {"sample": PANEL, **given}
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        asked(given.pop("sample"), **given)


def test_a_sample_beside_randomised_arms_is_refused() -> None:
    with pytest.raises(ValueError, match="`sample`, `fallback` and `negative_controls` go with a causal design"):
        specified({"type": "mean", "value": "sales"}, sample=PANEL)


def test_a_fallback_answers_where_the_first_design_is_refused() -> None:
    """One treated shop: two-way fixed effects have no error for it, a synthetic control has placebos."""
    columns = panel()
    columns["open"] = (np.repeat(np.arange(24), 8) == 0).astype(int)
    found = answered(columns=columns, fallback=({"design": {"type": "synthetic_control"}},))
    first, second = found.attempts
    assert (first.stands, first.answers, second.answers) == (False, False, True)
    assert first.told
    [result] = found.results
    assert isinstance(result, Estimate)
    assert result.notes[-1].startswith("the first design, difference in differences, does not stand")
    titles = [title for title, _, _ in causal_tables(found)]
    assert titles[0] == "Designs in the order in which they were declared"


def test_negative_controls_are_read_with_the_same_sample() -> None:
    columns = panel(visitors=np.random.default_rng(2).normal(50, 3, 24 * 8))
    found = answered(columns=columns, negative_controls=({"name": "visitors", "value": "visitors"},))
    checked = [finding for finding in found.findings if "control" in finding.diagnostic]
    assert any("visitors" in str(finding.details) + finding.sentence for finding in checked)


SERIES = {"type": "series", "period": "day", "starts": "2026-02-01"}
ITS = {"type": "interrupted_time_series", "season": "none"}


def days() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    stamps = np.arange("2026-01-01", "2026-03-01", dtype="datetime64[D]")
    sales = 20 + 3.0 * (stamps >= np.datetime64("2026-02-01")) + rng.normal(0, 1, len(stamps))
    return {"day": [str(stamp) for stamp in stamps], "sales": sales}


def test_a_series_starts_at_its_first_day_under_the_change() -> None:
    [result] = answered(SERIES, days(), design=ITS).results
    assert isinstance(result, Estimate | NotEstimable)
    assert isinstance(result, Estimate)


def test_a_change_after_the_last_period_is_refused() -> None:
    with pytest.raises(InputError, match=r"sample\.starts: no period of rows is at or after '2027-01-01'"):
        answered({**SERIES, "starts": "2027-01-01"}, days(), design=ITS)


def test_a_period_that_stands_twice_is_refused() -> None:
    columns = {name: [*values, values[-1]] for name, values in days().items()}
    with pytest.raises(InputError, match=r"sample\.period: a period has several rows"):
        answered(SERIES, columns, design=ITS)


LOG = {"type": "logged_decisions", "action": "item", "propensity": "chance", "target_policy": "uniform"}


@pytest.mark.parametrize(("chance", "told"), [(1.5, "chances lie in 0 .. 1"), (0.0, "had a chance above 0")])
def test_impossible_propensities_are_refused(chance: float, told: str) -> None:
    columns = {"item": ["a", "b", "a"], "chance": [0.5, 0.5, chance], "sales": [1.0, 0.0, 1.0]}
    with pytest.raises(InputError, match=told):
        answered(LOG, columns, design={"type": "off_policy_evaluation"})


def test_the_command_prints_and_draws_a_causal_answer(tmp_path: Path) -> None:
    rows = panel()
    lines = [",".join(rows), *(",".join(map(str, row)) for row in zip(*rows.values(), strict=True))]
    (tmp_path / "shops.csv").write_text("\n".join(lines))
    document = {
        "apiVersion": "impact-analysis/v1", "data": "shops.csv", "design": DID, "sample": PANEL,
        "metrics": [{"name": "sales", **OUTCOME}],
    }  # fmt: skip
    (tmp_path / "shops.yaml").write_text(json.dumps(document))
    found = analyze(tmp_path / "shops.yaml", "--pictures", str(tmp_path / "drawn"))
    assert found.exit_code == 0, found.exception
    assert "evidence of grade C" in found.stdout
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert any(name.startswith("sales-1-") and name.endswith(".png") for name in drawn)
