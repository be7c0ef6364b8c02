"""One browser and one served home for all pages; a page that asks another host fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from impact_pipeline_tests.browser.served_home import DAYS, lose_last_day, make_home, served

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VIEWPORT = {"width": 1600, "height": 1000}
TIMEOUT = 40_000
SETTLES = 1_500
"""Milliseconds until what a page still draws after its text has come stands still."""

KEY = "a key for tests, at least sixteen bytes long"

Shot = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def undisturbed(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small home, every day of which was delivered; made after `chromium`, so not at all where that is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPACT_PSEUDONYM_KEY", KEY)
        return make_home(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="session")
def undelivered(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small home whose last day failed for want of a delivery that has come since."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPACT_PSEUDONYM_KEY", KEY)
        return lose_last_day(make_home(tmp_path_factory.mktemp("undelivered"), DAYS - 1))


@pytest.fixture(scope="session")
def home(request: pytest.FixtureRequest) -> Path:
    """`IMPACT_BROWSER_HOME`, a home that a demo made, or the small one."""
    given = os.environ.get("IMPACT_BROWSER_HOME")
    return Path(given).resolve() if given else request.getfixturevalue("undisturbed")


@pytest.fixture(scope="session")
def ui_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ui") / "output.txt"


@pytest.fixture(scope="session")
def chromium() -> Path:
    found = next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(CHROMIUM)} is on PATH; on Debian, apt-get install chromium")
    return Path(found)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=TIMEOUT)
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def address(chromium: Path, home: Path, ui_log: Path) -> Iterator[str]:
    """Where the UI over `home` is served."""
    with served(home, ui_log) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that waits long for a busy machine, and may ask nobody but this one."""
    opened = browser.new_page(viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]})
    opened.set_default_timeout(TIMEOUT)
    asked: set[str] = set()
    opened.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
    yield opened
    opened.close()
    assert asked <= {"127.0.0.1", ""}


@pytest.fixture(scope="session")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    """Saves what a page shows as `<name>.png`, in `IMPACT_SCREENSHOTS` where that is set."""
    given = os.environ.get("IMPACT_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def save(page: Page, name: str) -> None:
        page.wait_for_timeout(SETTLES)
        page.screenshot(path=folder / f"{name}.png")

    return save
