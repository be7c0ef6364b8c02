"""Every result replays to equal bits in a copy of its home on another day's clock: of a company, of published data."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import stored_results
from impact_pipeline.stages.replay import Replayed
from impact_pipeline.stages.replay_told import replay_all
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace, environment_of, generation_of
from impact_pipeline_tests.end_to_end.company import CODE, ROOT, STUDIES, copied, impact, nightly
from impact_pipeline_tests.end_to_end.published import NIGHT, write_published
from impact_pipeline_tests.end_to_end.published import STUDIES as PUBLISHED

YEARS_LATER = datetime(2031, 7, 1, 23, 59, tzinfo=UTC)


def replayed(home: Path) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Every current result, years later by the clock, with one thread."""
    place = environment_of(home, os.environ)
    catalog, engine, now = read_sound_part(home / "catalog"), DuckDBEngine(threads=1), YEARS_LATER
    found = replay_all(Workspace(catalog, Lake(home), engine, place, generation_of(now), now), None, every=True)
    return {one.study: (one.equal, _differences(one)) for one in found}


def _differences(one: Replayed) -> tuple[str, ...]:
    return tuple(map(str, one.differences))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night of their data, run by the real command."""
    home = write_published(tmp_path_factory.mktemp("published"))
    package = ROOT / "impact_pipeline"
    shutil.copytree(package, home / CODE / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    nightly(home, NIGHT)
    return home


def test_every_current_result_of_causal_studies_replays_years_later(published: Path, tmp_path: Path) -> None:
    home = copied(published, tmp_path / "elsewhere")
    assert replayed(home) == dict.fromkeys(PUBLISHED, (True, ()))
    exploratory = {name: current_scorecard(Lake(home), name).verdict.exploratory for name in PUBLISHED}
    assert exploratory == dict.fromkeys(PUBLISHED, ())


def test_every_current_result_of_the_company_replays_years_later(homes: Path, tmp_path: Path) -> None:
    home = copied(homes / "done", tmp_path / "elsewhere")
    assert replayed(home) == dict.fromkeys(STUDIES, (True, ()))


def test_every_result_of_every_look_replays_to_equal_bits(homes: Path, tmp_path: Path) -> None:
    home = copied(homes / "done", tmp_path / "elsewhere")
    done = impact(home, "replay", "--all", "--json", OPENBLAS_NUM_THREADS="1", TZ="Pacific/Apia")
    told = json.loads(done.stdout)
    assert [(one["study"], one["equal"]) for one in told] == [(study, True) for study in STUDIES], done.stdout
    assert done.returncode == 0
    looks = stored_results(Lake(home), "scorecard")
    assert len(looks) > len(STUDIES)
    for one in looks:
        found = impact(home, "replay", f"{one.study}@{one.as_of}", OPENBLAS_NUM_THREADS="1")
        assert found.stdout.endswith(": equal to the bit\n"), found.stdout


def test_the_whole_home_is_as_recorded(homes: Path) -> None:
    done = impact(homes / "done", "verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("all as recorded\n")
