"""What a whole plan tells: warnings, plain values, the table, the picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.errors import InputError
from impact_pipeline.planning.chart import draw, power_figure, refuse_other_kinds
from impact_pipeline.planning.machine import as_plain
from impact_pipeline.planning.metric_plan import NoMetricPlan
from impact_pipeline.planning.power_plan import PowerPlan, plan_power
from impact_pipeline.planning.terminal import show
from impact_pipeline.stats.power import NoPlan
from impact_pipeline_tests.planning.pasts import BY_SHOP, Units, history_of, past_cells
from impact_pipeline_tests.planning.plans import shop_history, shop_past, shop_study
from impact_pipeline_tests.small_studies import START, mean_metric, study

COLUMNS = 100


def planned(found: Study | None = None, **history: Any) -> PowerPlan:
    chosen = found or shop_study()
    return plan_power(chosen, shop_history(chosen, **history))


def shown(plan: PowerPlan) -> str:
    written = StringIO()
    show(plan, Console(file=written, width=COLUMNS))
    return written.getvalue()


def test_a_sound_plan_has_no_warning() -> None:
    assert planned().warnings == ()


def test_a_guardrail_that_cannot_be_judged_is_warned_of() -> None:
    [told] = planned(shop_study(margin={"relative": 0.01})).warnings
    judged = (
        "guardrail 'tickets' can hardly be judged with this traffic: untouched, it is shown to stay within its margin"
    )
    assert told.startswith(judged)
    assert told.endswith("planned for is 0.90")


def test_a_branch_that_never_fires_is_warned_of() -> None:
    warnings = planned(shop_study(expected={"relative": 0.001})).warnings
    assert "P(ship | good) is 0.027, below 0.05: even a good change hardly ever ships" in warnings
    assert "P(rollback | success harmed) is 0.027, below 0.05: this harm is hardly ever rolled back" in warnings


def test_too_few_units_for_the_plan_are_warned_of() -> None:
    found = planned(shop_study(decision={"min_units_per_arm": 1000}))
    assert found.warnings == (
        "the smaller arm is expected to have 700 units at the planned look, the plan asks for 1,000 in each: nothing "
        "would be estimated",
    )


def test_looks_tuned_for_other_units_are_warned_of() -> None:
    looks = {"type": "always_valid", "planned_units": 50_000}
    told = "`looks.planned_units` is 50,000, 1,400 are expected: looks are best planned for the units that come"
    assert told in planned(shop_study(looks=looks)).warnings
    assert not any("planned_units" in w for w in planned(shop_study(looks=looks | {"planned_units": 2000})).warnings)


def test_a_plan_without_an_expected_effect_is_told_what_is_taken_for_it() -> None:
    assert planned(shop_study(expected=None)).warnings == (
        "'orders' has no `expected` effect in the plan: the least one that it can show is taken for it",
    )


def test_no_arrivals_are_told_of_each_metric_and_of_the_decision() -> None:
    found = planned(arrivals=[3, 4])
    told = "history covers 2 days; a weekly pattern needs 7"
    assert [plan.detail for plan in found.metrics if isinstance(plan, NoMetricPlan)] == [told] * 3
    assert found.decision == NoPlan(told)
    assert found.warnings == (f"the decision rule cannot be judged: {told}",)
    assert (found.curves, found.enrolment) == ((), NoPlan(told))
    assert as_plain(found)["metrics"][0]["baseline"]["mean"] == pytest.approx(4.0, rel=0.05)


def test_what_history_says_of_itself_and_what_it_could_not_read_are_told() -> None:
    found = shop_study()
    history = shop_history(found)
    uses = tuple(use for use in found.uses if use.name != "clicks")
    read = Study(found.catalog, found.plan.model_copy(update={"metrics": uses}))
    period = replace(history.period, notes=("covariates are young",))
    plan = plan_power(found, replace(history, study=read, period=period, unread={"clicks": "no day of it"}))
    assert plan.warnings == ("covariates are young",)
    assert plan.metrics[2] == NoMetricPlan(found.uses[2], "no day of it")
    assert "clicks: no day of it" in shown(plan)


def test_plain_values_name_every_number() -> None:
    found = json.loads(json.dumps(as_plain(planned()), allow_nan=False))
    assert found["study"] == "ranker_v7"
    assert found["history"]["new_units_by_day"] == [200] * 7
    assert found["enrolment"]["units"] == 1400
    orders, tickets, clicks = found["metrics"]
    assert (orders["role"], orders["sides"], orders["target_power"]) == ("success", 2, pytest.approx(0.9))
    assert orders["sought"]["relative"] == pytest.approx(0.12)
    assert orders["needed"]["days"] >= 1
    assert (tickets["sides"], tickets["reason"]) == (1, None)
    assert (clicks["sought"], clicks["power"], clicks["needed"]) == (None, None, None)
    assert [chance["truth"] for chance in found["decision"]["chances"]][:2] == ["good", "no effect"]
    assert found["decision"]["method"] == "closed form"
    assert [point["weeks"] for point in found["curves"][0]["points"]] == list(range(1, 9))


def test_plain_values_tell_why_there_are_none() -> None:
    found = as_plain(planned(arrivals=[0] * 8))
    assert found["enrolment"] == found["decision"] == {"reason": "no unit arrived in history"}
    few = as_plain(planned(shop_study(days=1), arrivals=[2, 0, 0, 0, 0, 0, 0]))["metrics"][0]
    assert few["minimal"] == few["power"] == {"reason": "2 units are expected: an arm has no two of them"}


def clustered() -> PowerPlan:
    rng = np.random.default_rng(3)
    shop = np.repeat(np.arange(20), 30)
    y = np.rint(1000 + 40 * rng.standard_normal(20)[shop] + 100 * rng.standard_normal(600)).astype(int)
    uses: list[Mapping[str, Any]] = [{"metric": "money", "role": "success", "expected": {"relative": 0.0001}}]
    found = study(mean_metric("money"), uses=uses, design=BY_SHOP, days=7)
    return plan_power(found, history_of(found, past_cells({"money": Units(y, cluster=shop)})))


def test_clusters_are_told_with_their_correlation_and_its_cost() -> None:
    plan = clustered()
    told = as_plain(plan)["metrics"][0]
    assert told["baseline"]["clusters"]["count"] == 20
    assert told["design_effect"] > 5
    assert told["needed"]["reason"].startswith("however many units the 20 clusters of history bring")
    text = shown(plan)
    assert f"money: ICC {told['baseline']['clusters']['icc']:.3g} over 20 clusters, design effect" in text
    assert "money: however many units" in text


def test_the_table_fits_its_columns_and_has_every_part() -> None:
    text = shown(planned())
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert f"ranker_v7: 1,400 users expected in 7 days, planned look on {START + timedelta(days=6)}" in text
    assert "1 success metric, 1 guardrail: each is planned for a power of 90.0 %, the decision for 80.0 %" in text
    for part in ("least shown", "rolls back", "guardrail 'tickets' harmed", "least shown after weeks"):
        assert part in text
    [orders] = [line.split() for line in text.splitlines() if line.startswith("  Orders")]
    assert orders[1:5] == ["4.001", "-", "12.0", "%"]


def test_the_table_says_where_there_is_no_number() -> None:
    text = shown(planned(shop_study(expected={"relative": 0.0001})))
    assert "> 730" in text
    assert "warning: P(ship | good) is 0.025" in text


def test_a_picture_has_a_line_for_each_deciding_metric() -> None:
    figure = power_figure(planned())
    assert figure is not None
    assert figure.points == 16
    assert figure.description.startswith("ranker_v7: least effect shown: Orders ")
    assert "Tickets" in figure.description
    assert "Click rate" not in figure.description


def test_pictures_are_written_by_the_name_of_their_file(tmp_path: Path) -> None:
    plan = planned()
    draw(plan, tmp_path / "curve.png")
    draw(plan, tmp_path / "curve.svg")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "curve.svg").read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_other_files_and_empty_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--chart 'curve.pdf': charts are written as .png or .svg; name such a file"):
        refuse_other_kinds(tmp_path / "curve.pdf")
    refuse_other_kinds(tmp_path / "curve.SVG")
    with pytest.raises(InputError, match="no metric of 'ranker_v7' has a least effect to draw"):
        draw(planned(arrivals=[1]), tmp_path / "curve.png")


def test_a_past_without_units_is_no_error() -> None:
    found = shop_study()
    empty = {name: units.take(np.arange(1)) for name, units in shop_past().items()}
    plan = plan_power(found, history_of(found, past_cells(empty)))
    told = "history has fewer than two units whose windows have closed"
    assert {p.detail for p in plan.metrics if isinstance(p, NoMetricPlan)} == {told}


def test_every_field_of_the_json_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
    fields = {key for plan in (planned(), clustered(), planned(arrivals=[1])) for key in _keys(as_plain(plan))}
    assert [key for key in sorted(fields) if f"`{key}`" not in page and f'"{key}"' not in page] == []


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in _keys(inner)}
    return {key for inner in value for key in _keys(inner)} if isinstance(value, list) else set()
