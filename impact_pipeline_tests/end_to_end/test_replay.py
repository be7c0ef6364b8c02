"""Every result replays to equal bits in a copy of its home on another day's clock: of a company, of published data."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import stored_results
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.end_to_end.company import CODE, ROOT, STUDIES, copied, environment, impact, nightly
from impact_pipeline_tests.end_to_end.published import NIGHT, write_published
from impact_pipeline_tests.end_to_end.published import STUDIES as PUBLISHED

YEARS_LATER = "2031-07-01T23:59:00+00:00"
REPLAY = """
import json, os, sys
from datetime import datetime
from pathlib import Path
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.replay_told import replay_all
from impact_pipeline.stages.workspace import Workspace, environment_of, generation_of
home, now = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
secrets, engine = environment_of(home, os.environ), DuckDBEngine(threads=1)
workspace = Workspace(read_sound_part(home / "catalog"), Lake(home), engine, secrets, generation_of(now), now)
found = replay_all(workspace, None, every=True)
print(json.dumps({one.study: [one.equal, *map(str, one.differences)] for one in found}))
"""


def with_code(home: Path) -> Path:
    """The home with a copy of the package that its commands run."""
    package = ROOT / "impact_pipeline"
    shutil.copytree(package, home / CODE / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    return home


def replayed(home: Path) -> dict[str, tuple[object, ...]]:
    """Every current result, years later by the clock, with one thread, by the code that made it: equal, differences."""
    line = [sys.executable, "-c", REPLAY, str(home), YEARS_LATER]
    done = subprocess.run(line, cwd=home, env=environment(home), check=True, capture_output=True, text=True)
    return {study: tuple(told) for study, told in json.loads(done.stdout).items()}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night of their data, run by the real command."""
    home = with_code(write_published(tmp_path_factory.mktemp("published")))
    nightly(home, NIGHT)
    return home


def test_every_current_result_of_causal_studies_replays_years_later(published: Path, tmp_path: Path) -> None:
    home = copied(published, tmp_path / "elsewhere")
    assert replayed(home) == dict.fromkeys(PUBLISHED, (True,))
    exploratory = {name: current_scorecard(Lake(home), name).verdict.exploratory for name in PUBLISHED}
    assert exploratory == dict.fromkeys(PUBLISHED, ())


def test_every_current_result_of_the_company_replays_years_later(homes: Path, tmp_path: Path) -> None:
    home = copied(homes / "done", tmp_path / "elsewhere")
    assert replayed(home) == dict.fromkeys(STUDIES, (True,))


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
