"""An edit makes again exactly what its meaning touches: what is shown nothing, statistics no cells, data their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from impact_pipeline_tests.small_shop import document
from impact_pipeline_tests.stages.edited_home import GUARDED, PLAN, Remade, edited, make_running_home, repaired
from impact_pipeline_tests.stages.small_workspace import look

REVENUE, BUYERS, PRICE = "metrics/revenue.yaml", "metrics/web_buyers.yaml", "metrics/price.yaml"
RATIO, ORDERS, BEFORE = "metrics/late_revenue_per_order.yaml", "facts/orders.yaml", "features/revenue_before.yaml"
CONTRACT, MODEL = "contracts/orders.yaml", "models/ranker.yaml"
EVERY = {"revenue", "web_buyers", "late_revenue_per_order", "price"}
LOOK = ("estimates", "verdict")
MORE = document(PRICE).replace("name: price", "name: prices").replace("{days: 1}", "{days: 2}")
MARGIN, ADDED = "margin: {relative: 0.1}", "  - {metric: prices, role: exploratory}\naa_check"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_running_home(tmp_path_factory.mktemp("running"))


def remade(running: Path, tmp_path: Path, file: str, old: str, new: str, **added: str) -> Remade:
    text = GUARDED if file == PLAN else (running / "catalog" / file).read_text()
    assert old in text
    others = {f"metrics/{name}.yaml": more for name, more in added.items()}
    return repaired(edited(running, tmp_path / "home", {file: text.replace(old, new), **others}))


SHOWN = {
    "title of a plan": (PLAN, "title: Ranker 2", "title: The second"),
    "owner of a plan": (PLAN, "owner: team:data", "owner: team:shop"),
    "hypothesis": (PLAN, "hypothesis: better", "hypothesis: much better"),
    "description of a plan": (PLAN, "description: test", "description: another"),
    "label of a metric": (REVENUE, "label: Revenue per user", "label: Revenue"),
    "unit of a metric": (REVENUE, "unit: EUR", "unit: euro"),
    "change log of a metric": (REVENUE, "version: 1", "version: 2\nchange_log: [told anew]"),
    "description of a fact": (ORDERS, "description: test", "description: another"),
    "unit of a measure": (ORDERS, "unit: order", "unit: purchase"),
    "owner of a feature": (BEFORE, "owner: team:data", "owner: team:shop"),
    "version of a contract": (CONTRACT, "version: 1.0.0", "version: 1.0.1"),
    "notes of a model": (MODEL, "notes: new", "notes: newer"),
}


@pytest.mark.parametrize("edit", SHOWN)
def test_what_is_shown_makes_nothing_again(running: Path, tmp_path: Path, edit: str) -> None:
    assert remade(running, tmp_path, *SHOWN[edit]) == Remade({}, frozenset())


STATISTICS = {
    "alpha": (PLAN, "min_units_per_arm: 2", "min_units_per_arm: 2, alpha: 0.1"),
    "margin": (PLAN, MARGIN, "margin: {relative: 0.2}"),
    "role": (PLAN, "price, role: exploratory", "price, role: success"),
    "prior": (PLAN, "aa_check", "prior: {lift_std_dev: 0.1}\naa_check"),
    "value": (PLAN, "aa_check", "value: {metric: revenue, per_unit: 1, currency: EUR}\naa_check"),
    "looks": (PLAN, "aa_check", "looks: {type: always_valid, planned_units: 100}\naa_check"),
}


@pytest.mark.parametrize("edit", STATISTICS)
def test_a_statistic_makes_estimates_and_verdict_again_and_no_cell(running: Path, tmp_path: Path, edit: str) -> None:
    assert remade(running, tmp_path, *STATISTICS[edit]) == Remade(dict.fromkeys(LOOK, 1), frozenset())


DATA: Mapping[str, tuple[tuple[str, str, str], set[str]]] = {
    "numerator": ((RATIO, "numerator: {fact: orders, measure: revenue}", "numerator: {fact: orders, measure: orders}"),
                  {"late_revenue_per_order"}),
    "filter": ((BUYERS, "channel = 'web'", "channel = 'app'"), {"web_buyers"}),
    "window": ((REVENUE, "window: {days: 3}", "window: {days: 2}"), {"revenue"}),
    "cap": ((PRICE, "window:", "cap: {absolute: 20}\nwindow:"), {"price"}),
}  # fmt: skip


@pytest.mark.parametrize("edit", DATA)
def test_data_of_a_metric_are_measured_again_for_it_alone(running: Path, tmp_path: Path, edit: str) -> None:
    change, metrics = DATA[edit]
    found = remade(running, tmp_path, *change)
    assert found.measured == metrics
    assert set(found.assets) - {"findings"} == {"cells", *LOOK}


def test_a_metric_that_is_added_is_measured_alone(running: Path, tmp_path: Path) -> None:
    found = remade(running, tmp_path, PLAN, "aa_check", ADDED, prices=MORE)
    assert found.measured == {"prices"}
    assert set(found.assets) - {"findings"} == {"cells", *LOOK}


def test_a_metric_that_is_removed_takes_its_cells_along_and_measures_none(running: Path, tmp_path: Path) -> None:
    found = remade(running, tmp_path, PLAN, "  - {metric: price, role: exploratory}\n", "")
    assert found.measured == set()
    assert set(found.assets) - {"findings"} == {"cells", *LOOK}


def test_a_covariate_that_goes_is_exposed_anew_and_measured_for_its_metric(running: Path, tmp_path: Path) -> None:
    found = remade(running, tmp_path, REVENUE, "covariates: [revenue_before]\n", "")
    assert found.measured == {"revenue"}
    assert set(found.assets) - {"findings"} == {"exposures", "cells", *LOOK}


def test_a_segment_is_measured_for_every_metric(running: Path, tmp_path: Path) -> None:
    found = remade(running, tmp_path, PLAN, "  country: {type: feature, feature: country}\n", "")
    assert found.measured == EVERY
    assert set(found.assets) - {"findings"} == {"exposures", "cells", *LOOK}


@pytest.mark.parametrize(("old", "cells"), [("ends: 2026-03-06", set()), ("starts: 2026-03-04", {"cells"})])
def test_dates_expose_anew_and_measure_no_unit_twice(running: Path, tmp_path: Path, old: str, cells: set[str]) -> None:
    new = {"ends: 2026-03-06": "ends: 2026-03-07", "starts: 2026-03-04": "starts: 2026-03-03"}[old]
    found = remade(running, tmp_path, PLAN, old, new)
    assert found.measured == set()
    assert set(found.assets) - {"findings"} == {"exposures", *cells, *LOOK}


def test_a_contract_judges_its_days_anew_and_no_further_where_the_rows_are_the_same(
    running: Path, tmp_path: Path
) -> None:
    found = remade(running, tmp_path, CONTRACT, "{name: amount,", "{name: amount, logicalTypeOptions: {minimum: 0},")
    assert found == Remade({"trusted/orders": 1, "quarantine/orders": 1}, frozenset())


def test_the_scale_of_a_measure_folds_every_day_anew_and_measures_what_reads_it(running: Path, tmp_path: Path) -> None:
    found = remade(running, tmp_path, ORDERS, "amount, unit: EUR, scale: 2", "amount, unit: EUR, scale: 3")
    assert found.measured == EVERY
    assert {name: n for name, n in found.assets.items() if "/" in name} == {"unit_days/orders": 6}


def test_the_expression_of_a_feature_is_measured_for_the_metrics_that_it_serves(running: Path, tmp_path: Path) -> None:
    found = remade(running, tmp_path, BEFORE, "expression: amount", "expression: amount * 2")
    assert found.measured == {"revenue"}
    assert {name: n for name, n in found.assets.items() if "/" in name} == {"features/revenue_before": 7}
    assert set(found.assets) >= {"exposures", "cells", *LOOK}


def test_after_the_planned_look_documents_outdate_nothing(running: Path, tmp_path: Path) -> None:
    workspace = edited(running, tmp_path / "home", {})
    look(workspace)
    later = edited(tmp_path / "home", tmp_path / "later", {PLAN: GUARDED.replace(MARGIN, "margin: {relative: 0.2}")})
    assert repaired(later) == Remade({}, frozenset())
