"""A home with a study that was looked at, and the same without one of its users."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.stages.erase import Erased, erase
from impact_pipeline_tests.delivered_home import (
    make_delivered_home,
    opened,
)
from impact_pipeline_tests.stages.erased_home import ASKED, LATER
from impact_pipeline_tests.stages.looked_home import copy_of


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_delivered_home(tmp_path_factory.mktemp("delivered"))


@pytest.fixture(scope="session")
def erased_once(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Erased]:
    home = copy_of(delivered, tmp_path_factory.mktemp("erased") / "home")
    return home, erase(opened(home, LATER), ASKED)


@pytest.fixture
def erased(erased_once: tuple[Path, Erased], tmp_path: Path) -> Path:
    """A copy in which the unit was erased."""
    return copy_of(erased_once[0], tmp_path / "home")
