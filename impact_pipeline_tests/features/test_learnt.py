"""A learnt feature by brute force, and planted leaks: what was not known, and a unit's own total, must move nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import Publication
from impact_pipeline.stats.cross_fitting import folds_by_key
from impact_pipeline_tests.features.learnt_shop import (
    FIRST,
    FOLDS,
    HORIZON,
    ITEMS_MISSING,
    LOOKBACK,
    ON,
    TRAINED_ON,
    Row,
    build,
    build_inputs,
    learnt_catalog,
    order,
    orders,
    publish_orders,
    values,
)

PENALTY = 1e-3
"""Of the line: as the learner's documentation says, of standardised columns and per row."""
ROUNDING = 1
"""Units of the last decimal: the oracle solves the same equations another way."""


def built(home: Path, rows: Mapping[str, list[Row]] | None = None, **changes: str) -> tuple[Lake, Publication]:
    catalog, lake = learnt_catalog(home, **changes), Lake(home)
    publish_orders(lake, dict(rows or orders()))
    build_inputs(catalog, lake)
    return lake, build(catalog, lake, "app_learnt", ON)


@dataclass(frozen=True, slots=True)
class Known:
    """By hand: what is known of a user before a day."""

    rows: Mapping[str, list[Row]]

    def inputs(self, on: date) -> dict[int, tuple[float, float]]:
        rows = self.between(on - timedelta(days=LOOKBACK), on, "web")
        users = {row["user_id"] for row in rows}
        mine = {user: [row for row in rows if row["user_id"] == user] for user in users}
        return {user: (float(sum(row["amount"] for row in own)), _items(own)) for user, own in mine.items()}

    def outcome(self, user: int) -> float:
        rows = self.between(TRAINED_ON, ON, "app")
        return float(sum(row["amount"] for row in rows if row["user_id"] == user))

    def between(self, first: date, before: date, channel: str) -> list[Row]:
        days = [day for day in self.rows if first.isoformat() <= day < before.isoformat()]
        return [row for day in days for row in self.rows[day] if row["channel"] == channel]


def _items(rows: list[Row]) -> float:
    return float(sum(row["items"] for row in rows if row["items"] > 1) or ITEMS_MISSING)


def predicted_by_hand(rows: Mapping[str, list[Row]]) -> dict[int, float]:
    """Ridge as least squares with a row for each penalised slope, fitted without the unit's fold."""
    known = Known(rows)
    then, now = known.inputs(TRAINED_ON), known.inputs(ON)
    x, y = np.array(list(then.values())), np.array([known.outcome(user) for user in then])
    fold_of = dict(
        zip(range(1000), folds_by_key(map(str, range(1000)), FOLDS, salt="app_learnt").tolist(), strict=True)
    )
    found = {}
    for user, columns in now.items():
        seen = np.array([fold_of[other] != fold_of[user] for other in then])
        centre, spread = x[seen].mean(axis=0), x[seen].std(axis=0)
        stacked = np.vstack([(x[seen] - centre) / spread, np.sqrt(PENALTY * seen.sum()) * np.eye(2)])
        target = np.concatenate([y[seen] - y[seen].mean(), np.zeros(2)])
        slopes = np.linalg.lstsq(stacked, target, rcond=None)[0]
        found[user] = float(y[seen].mean() + (np.array(columns) - centre) / spread @ slopes)
    return found


def test_predictions_are_those_of_brute_force(tmp_path: Path) -> None:
    rows = orders()
    lake, _ = built(tmp_path, rows)
    found, expected = values(lake), predicted_by_hand(rows)
    assert found.keys() == expected.keys()
    assert max(abs(found[user] - round(1e4 * expected[user])) for user in found) <= ROUNDING


def test_units_that_any_input_knows_are_predicted_and_no_others(tmp_path: Path) -> None:
    lake, _ = built(tmp_path)
    revenue, items = values(lake, "web_revenue"), values(lake, "web_items")
    assert items.keys() < revenue.keys()
    assert values(lake).keys() == revenue.keys()


def test_nothing_of_the_day_or_later_moves_a_value(tmp_path: Path) -> None:
    lake, first = built(tmp_path)
    clean, catalog, day = values(lake), learnt_catalog(tmp_path), ON.isoformat()
    leaks = [order(user, day, channel, 5000, time="00:00") for user in range(0, 240, 2) for channel in ("web", "app")]
    sneaked = orders()
    sneaked["2026-03-07"] += leaks
    publish_orders(lake, {**sneaked, day: leaks, "2026-03-09": leaks}, generation="2")
    build_inputs(catalog, lake, generation="2")
    again = build(catalog, lake, "app_learnt", ON, generation="2")
    assert again.written
    assert again.state.input_digest != first.state.input_digest
    assert values(lake) == clean


def test_a_row_before_the_day_does_move_values(tmp_path: Path) -> None:
    lake, _ = built(tmp_path)
    clean, catalog, changed = values(lake), learnt_catalog(tmp_path), orders()
    changed["2026-03-07"].append(order(0, "2026-03-07", "app", 5000, time="23:59"))
    publish_orders(lake, changed, generation="2")
    build_inputs(catalog, lake, generation="2")
    build(catalog, lake, "app_learnt", ON, generation="2")
    assert values(lake) != clean


@pytest.mark.parametrize("model", ["ridge", "boosted_stumps"])
def test_a_units_own_total_does_not_make_its_prediction(tmp_path: Path, model: str) -> None:
    lake, _ = built(tmp_path / "a", model=model)
    known = Known(orders())
    user = next(u for u in sorted(known.inputs(TRAINED_ON)) if u in known.inputs(ON))
    changed = orders()
    changed["2026-03-06"].append(order(user, "2026-03-06", "app", 9000))
    other, _ = built(tmp_path / "b", changed, model=model)
    before, after = values(lake), values(other)
    moved = {u for u in before if before[u] != after[u]}
    folds = folds_by_key(map(str, range(240)), FOLDS, salt="app_learnt")
    assert user not in moved
    assert moved
    assert folds[user] not in {folds[u] for u in moved}


def test_equal_inputs_give_equal_bits_with_any_threads_and_order_of_rows(tmp_path: Path) -> None:
    rows, marks = orders(), []
    for number, threads in enumerate((1, 2, 1)):
        home = tmp_path / str(number)
        catalog, lake = learnt_catalog(home, model="boosted_stumps"), Lake(home)
        shuffled = {day: of_day if number < 2 else of_day[::-1] for day, of_day in rows.items()}
        publish_orders(lake, shuffled)
        build_inputs(catalog, lake)
        done = build(catalog, lake, "app_learnt", ON, engine=DuckDBEngine(threads=threads))
        marks.append((done.state.fingerprint, {k: v for k, v in done.state.facts.items() if k != "input_days"}))
    assert marks[0] == marks[1] == marks[2]


def test_a_sample_bounds_what_is_trained_on_and_not_who_is_predicted(tmp_path: Path) -> None:
    whole, _ = built(tmp_path / "a")
    some, done = built(tmp_path / "b", training_units="100")
    assert done.state.facts["units_trained"] == 100
    assert values(some).keys() == values(whole).keys()
    assert values(some) != values(whole)


def test_predictions_are_held_within_the_remediations_bounds(tmp_path: Path) -> None:
    lake, _ = built(tmp_path, remediation="{lower: 50, upper: 60}")
    found = values(lake).values()
    assert (min(found), max(found)) == (500_000, 600_000)
    assert len(set(found)) > 2


def test_provenance_names_model_inputs_days_and_skill(tmp_path: Path) -> None:
    lake, done = built(tmp_path)
    facts = done.state.facts
    assert facts["feature"] == "app_learnt@1"
    assert facts["inputs"] == ["web_revenue@1", "web_items@1"]
    assert (facts["model"], facts["training_day"], facts["horizon_days"]) == ("ridge", "2026-03-05", HORIZON)
    marks = {day: state.fingerprint for day, state in lake.feature("web_items").states().items()}
    assert facts["input_days"]["features/web_items"] == {
        "2026-03-05": marks["2026-03-05"],
        "2026-03-08": marks["2026-03-08"],
    }
    assert list(facts["input_days"]["trusted/orders"]) == ["2026-03-05", "2026-03-06", "2026-03-07"]
    assert facts["units_trained"] == len(values(lake, "web_revenue", TRAINED_ON))
    assert 0 < facts["r2_out_of_fold"] < facts["r2_in_sample"] < 1
    assert sum(facts["importances"].values()) == pytest.approx(1)
    assert facts["untrained"] is None


def test_the_shift_of_an_input_is_in_standard_deviations_of_the_units_trained_on(tmp_path: Path) -> None:
    rows = orders()
    _, done = built(tmp_path, rows)
    then, now = (np.array(list(Known(rows).inputs(day).values())) for day in (TRAINED_ON, ON))
    expected = (now.mean(axis=0) - then.mean(axis=0)) / then.std(axis=0)
    assert list(done.state.facts["input_shift"].values()) == pytest.approx(expected, rel=1e-12)


def test_a_day_is_built_again_only_when_inputs_or_documents_changed(tmp_path: Path) -> None:
    lake, _ = built(tmp_path)
    assert not build(learnt_catalog(tmp_path), lake, "app_learnt", ON, generation="2").written
    assert build(learnt_catalog(tmp_path, folds="5"), lake, "app_learnt", ON, generation="3").written


def test_a_missing_target_day_counts_as_a_day_without_rows_and_is_recorded(tmp_path: Path) -> None:
    rows = {day: of_day for day, of_day in orders().items() if day != "2026-03-06"}
    _, done = built(tmp_path, rows)
    assert done.state.facts["missing_days"] == ["2026-03-06"]
    assert done.state.rows > 0


def test_an_input_day_that_is_not_published_is_named(tmp_path: Path) -> None:
    catalog, lake = learnt_catalog(tmp_path), Lake(tmp_path)
    publish_orders(lake, orders())
    build(catalog, lake, "web_revenue", ON)
    build(catalog, lake, "web_items", ON)
    told = "app_learnt 2026-03-08: features/web_revenue 2026-03-05, features/web_items 2026-03-05 not published yet"
    with pytest.raises(LakeError, match=told):
        build(catalog, lake, "app_learnt", ON)


@pytest.mark.parametrize("on", [FIRST, FIRST + timedelta(days=HORIZON)])
def test_before_a_horizon_of_history_there_are_no_rows_and_a_reason(tmp_path: Path, on: date) -> None:
    catalog, lake = learnt_catalog(tmp_path), Lake(tmp_path)
    publish_orders(lake, orders())
    for view in ("web_revenue", "web_items"):
        build(catalog, lake, view, on)
    done = build(catalog, lake, "app_learnt", on)
    assert (done.state.rows, done.state.facts["training_day"]) == (0, None)
    assert done.state.facts["untrained"] == (
        f"nothing is known of any unit 3 days before {on}: no history to learn from"
    )


def test_too_few_units_and_equal_totals_leave_no_rows_and_a_reason(tmp_path: Path) -> None:
    few = {day: [row for row in of_day if row["user_id"] < 40] for day, of_day in orders().items()}
    _, done = built(tmp_path / "few", few)
    assert done.state.rows == 0
    assert done.state.facts["untrained"].startswith("a model would see 1")
    web_only = {day: [row for row in of_day if row["channel"] == "web"] for day, of_day in orders().items()}
    _, done = built(tmp_path / "web", web_only)
    assert done.state.facts["untrained"] == "the outcome is the same for every unit; there is nothing to learn"


def test_a_trained_day_follows_an_untrained_one_in_the_same_table(tmp_path: Path) -> None:
    catalog, lake = learnt_catalog(tmp_path), Lake(tmp_path)
    publish_orders(lake, orders())
    for view in ("web_revenue", "web_items"):
        build(catalog, lake, view, FIRST)
    build(catalog, lake, "app_learnt", FIRST)
    build_inputs(catalog, lake)
    assert build(catalog, lake, "app_learnt", ON).state.rows > 0
    assert values(lake, on=FIRST) == {}
