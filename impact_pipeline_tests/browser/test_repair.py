"""On call in the browser: one click on *Materialize*, and the sensor `repair` redoes everything that depends on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import Page, expect

from impact_pipeline.defs.automation import PORTFOLIO_JOB, STUDIES_JOB, data_job
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.browser.conftest import KEY, Shot
from impact_pipeline_tests.browser.served_home import DATASET, LAST_DAY, STUDY, served
from impact_pipeline_tests.end_to_end.company import lake_digest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SENSOR = "locations/impact_pipeline.definitions/sensors/repair"
REPAIRED_WITHIN = 150.0
"""Seconds for four processes, one after the other, and three turns of the sensor, on a busy machine."""

REPAIRS = [(job, "SUCCESS") for job in sorted((data_job("open_bandit"), STUDIES_JOB, PORTFOLIO_JOB))]
"""What the sensor has to run, each once: the day published, the study looked at, money and report."""


@pytest.fixture(scope="module")
def failed_ui(undelivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(undelivered, tmp_path_factory.mktemp("ui") / "output.txt", IMPACT_PSEUDONYM_KEY=KEY) as address:
        yield address


def test_a_click_on_materialize_repairs_everything_downstream(
    page: Page, failed_ui: str, undelivered: Path, undisturbed: Path, shot: Shot
) -> None:
    switch_on_repair(page, failed_ui)
    materialize(page, failed_ui, f"raw/{DATASET}", LAST_DAY.isoformat())
    expect(page.get_by_text("Failed (0)", exact=True)).to_be_visible()
    assert repairs(undelivered, REPAIRED_WITHIN) == REPAIRS
    assert lake_digest(undelivered, history=False) == lake_digest(undisturbed, history=False)
    page.goto(f"{failed_ui}/assets/study/verdict?view=partitions&partition={STUDY}", wait_until="domcontentloaded")
    result = current_scorecard(Lake(undisturbed), STUDY).provenance.result_id
    expect(page.get_by_role("cell", name=result, exact=True)).to_be_visible()
    page.goto(f"{failed_ui}/runs", wait_until="domcontentloaded")
    expect(page.get_by_role("link", name="repair", exact=True)).to_have_count(len(REPAIRS))
    shot(page, "repair")


def switch_on_repair(page: Page, address: str) -> None:
    page.goto(f"{address}/{SENSOR}", wait_until="domcontentloaded")
    switch = page.get_by_role("checkbox")
    page.locator("label").filter(has=switch).click()
    expect(switch).to_be_checked()


def materialize(page: Page, address: str, asset: str, partition: str) -> None:
    """Click *Materialize* on a partition that stands failed."""
    page.goto(f"{address}/assets/{asset}?view=partitions&partition={partition}", wait_until="domcontentloaded")
    expect(page.get_by_text("failed, and did not materialize this asset.")).to_be_visible()
    page.get_by_role("button", name="Materialize").click()
    page.get_by_role("dialog").get_by_role("button", name="Launch 1 run").click()


def repairs(home: Path, within: float) -> list[tuple[str, str]]:
    """The sensor's runs and how they ended, once the last has, or as they stand when time is over."""
    deadline = time.monotonic() + within
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        while True:
            runs = instance.get_runs(dg.RunsFilter(tags={"dagster/sensor_name": "repair"}))
            ended = any(run.job_name == PORTFOLIO_JOB and run.is_finished for run in runs)
            if ended or time.monotonic() > deadline:
                return sorted((run.job_name, run.status.value) for run in runs)
            time.sleep(0.5)
