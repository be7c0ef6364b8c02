"""What the proxy forbids a page is nothing that the UI or the report needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from impact_pipeline_tests.browser.conftest import TIMEOUT
from impact_pipeline_tests.deploy.behind_proxy import MISSING, PASSWORD, USER, Site, caddy, proxied

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def site(address: str, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = caddy()
    if program is None:
        pytest.skip(MISSING)
    with proxied(program, address, home / "reports", tmp_path_factory.mktemp("proxy")) as found:
        yield found


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A page that is logged in; what the browser refuses it stands in `complaints`."""
    opened = browser.new_page(http_credentials={"username": USER, "password": PASSWORD})
    opened.set_default_timeout(TIMEOUT)
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    yield opened
    opened.close()


def test_the_ui_lives_with_the_proxys_policy(page: Page, site: Site, complaints: list[str]) -> None:
    with page.expect_websocket() as opened:
        page.goto(f"{site.origin}/runs", wait_until="domcontentloaded")
        page.goto(f"{site.origin}/asset-groups", wait_until="domcontentloaded")
    assert opened.value.url == f"ws://127.0.0.1:{site.port}/graphql"
    expect(page.get_by_text("extract", exact=True).first).to_be_visible()
    assert complaints == []


def test_the_report_lives_with_the_proxys_policy(page: Page, site: Site, complaints: list[str]) -> None:
    page.goto(f"{site.origin}/reports/")
    page.get_by_role("link", name="Thompson sampling against random").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    assert complaints == []
