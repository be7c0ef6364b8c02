"""Every result of a company's nights replays to equal bits in a copy of its home, on another day's clock."""

from __future__ import annotations

import json
from pathlib import Path

from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import stored_results
from impact_pipeline_tests.end_to_end.company import STUDIES, copied, impact


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
