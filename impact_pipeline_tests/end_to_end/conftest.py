"""The homes that tests of whole nights start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline_tests.end_to_end.company import KEY, ROOT, undisturbed


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `eve` and `done`, to read or to copy."""
    return undisturbed(tmp_path_factory)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator sets, for nights that run in the tests' own process."""
    monkeypatch.setenv("IMPACT_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("IMPACT_DAGSTER_YAML", str(ROOT / "dagster.yaml"))
