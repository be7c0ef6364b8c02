"""One small written shop for the tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.world.company import World, make_world
from impact_pipeline.world.config import SMALL_WORLD


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(SMALL_WORLD, tmp_path_factory.mktemp("home"))


@pytest.fixture
def own_world(tmp_path: Path) -> World:
    """A shop of the test's own, to break."""
    return make_world(SMALL_WORLD, tmp_path)
