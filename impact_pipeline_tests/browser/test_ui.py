"""What an analyst and an engineer on call open in a browser: lineage, a study, a day's checks, the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.browser.conftest import Shot
from impact_pipeline_tests.browser.served_home import DATA_DAY, DATASET, STUDY

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

GROUPS = ("extract", "validate", "expose", "measure", "diagnose", "estimate", "decide", "kpis", "reports")
CHECKS = ("contract_accepted", "rows", "schema", "volume")
ROWS_OF_THE_DAY = 3_000


def test_lineage_shows_the_stages_as_groups(page: Page, address: str, shot: Shot) -> None:
    page.set_viewport_size({"width": 1600, "height": 480})
    page.goto(f"{address}/asset-groups", wait_until="domcontentloaded")
    page.get_by_text("Hide navigation").click()
    page.reload()
    for group in GROUPS:
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    shot(page, "lineage")


def test_study_partition_shows_its_verdict(page: Page, address: str, home: Path, shot: Shot) -> None:
    card = current_scorecard(Lake(home), STUDY)
    _open(page, address, f"study/verdict?view=partitions&partition={STUDY}", "impact/verdict")
    verdict = card.verdict
    for text in (verdict.decision.value, verdict.reasons[0], card.as_of.isoformat(), card.provenance.result_id):
        expect(page.get_by_role("cell", name=text, exact=True)).to_be_visible()
    expect(page.get_by_text("Materialized", exact=True)).to_be_visible()
    assert page.get_by_text("Unsynced").count() == 0
    shot(page, "verdict")


def test_verdict_picture_fits_its_dialog(page: Page, address: str, shot: Shot) -> None:
    _open(page, address, f"study/verdict?view=partitions&partition={STUDY}", "impact/picture")
    page.get_by_role("row").filter(has_text="impact/picture").get_by_text("[Show Markdown]").click()
    expect(page.get_by_role("dialog").locator("p img")).to_be_visible()
    assert _right_edge(page, "[role=dialog] p img") <= _right_edge(page, "[role=dialog]")
    shot(page, "verdict_picture")


def test_check_of_a_day_shows_counts(page: Page, address: str, shot: Shot) -> None:
    _open(page, address, f"raw/{DATASET}?view=checks", "This is a blocking asset check.")
    for check in CHECKS:
        expect(page.get_by_text(check, exact=True).first).to_be_visible()
    for fact in ("contract_version", "evaluated_by", "quarantined", "refusals"):
        expect(page.get_by_text(fact, exact=True).first).to_be_visible()
    expect(page.get_by_text("Passed", exact=True).first).to_be_visible()
    shot(page, "check")


def test_raw_day_shows_rows_and_source(page: Page, address: str, home: Path, shot: Shot) -> None:
    staged, _ = Lake(home).staging.read(DATASET, DATA_DAY)
    _open(page, address, f"raw/{DATASET}?view=partitions&partition={DATA_DAY}", "dagster/row_count")
    assert staged.rows > ROWS_OF_THE_DAY
    for text in (str(staged.rows), staged.fingerprint, str(staged.facts["source"])):
        expect(page.get_by_role("cell", name=text, exact=True)).to_be_visible()
    shot(page, "raw_day")


def test_report_leads_from_index_to_study(page: Page, home: Path, shot: Shot) -> None:
    card = current_scorecard(Lake(home), STUDY)
    page.goto((home / "reports" / "index.html").as_uri())
    expect(page.get_by_role("heading", name="What each model change did")).to_be_visible()
    shot(page, "report_index")
    page.get_by_role("link", name="Thompson sampling against random").click()
    expect(page.get_by_role("listitem").filter(has_text=card.verdict.reasons[0]).first).to_be_visible()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    shot(page, "report_study")


def test_ui_starts_without_a_warning(page: Page, address: str, ui_log: Path) -> None:
    page.goto(address, wait_until="domcontentloaded")
    lines = [line for line in ui_log.read_text().splitlines() if "Warning" in line or "ERROR" in line]
    assert lines == []


def _open(page: Page, address: str, asset: str, text: str) -> None:
    page.goto(f"{address}/assets/{asset}", wait_until="domcontentloaded")
    expect(page.get_by_text(text).first).to_be_visible()


def _right_edge(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"]
