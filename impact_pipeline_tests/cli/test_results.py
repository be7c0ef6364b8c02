"""`impact replay`, `diff` and `verify` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY, copy_of, make_looked_home
from impact_pipeline_tests.stages.small_workspace import LAST
from impact_pipeline_tests.test_cli import impact


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_looked_home(tmp_path_factory.mktemp("looked"))


def test_replay_says_equal_or_names_the_first_difference(looked: Path, tmp_path: Path) -> None:
    done = impact("replay", "--all", home=looked)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{STUDY} of {LAST}, result ")
    assert done.stdout.endswith(": equal to the bit\n")
    home = copy_of(looked, tmp_path / "home")
    plan = home / "catalog" / "studies" / "ranker_v2.yaml"
    plan.write_text(plan.read_text().replace("title: Ranker 2", "title: Ranker 3"))
    done = impact("replay", STUDY, home=home)
    assert done.returncode == 2
    assert "documents: the catalog changed since: title changed: Ranker 2 -> Ranker 3 (display)" in done.stdout
    assert "every number is equal to the bit" in done.stdout
    [told] = json.loads(impact("replay", STUDY, "--json", home=home).stdout)
    assert (told["equal"], told["equal_numbers"]) == (False, True)


def test_verify_names_a_changed_file(looked: Path, tmp_path: Path) -> None:
    done = impact("verify", home=looked)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("0 signatures: all as recorded\n")
    home = copy_of(looked, tmp_path / "home")
    [path] = (home / "lake" / "trusted" / "orders").glob("day=2026-03-05/*.parquet")
    [other] = (home / "lake" / "trusted" / "orders").glob("day=2026-03-06/*.parquet")
    path.write_bytes(other.read_bytes())
    done = impact("verify", home=home)
    assert done.returncode == 2
    assert f"changed: trusted/orders: lake/trusted/orders/day=2026-03-05/{path.name}: " in done.stderr
    assert not json.loads(impact("verify", "--json", home=home).stdout)["holds"]


def test_diff_tells_cause_and_effect(looked: Path) -> None:
    done = impact("diff", f"{STUDY}@{EARLIER}", STUDY, home=looked)
    assert done.returncode == 0
    assert "  time: looks of 2026-03-06 and 2026-03-08; days more: trusted/orders +2\n" in done.stdout
    assert json.loads(impact("diff", STUDY, STUDY, "--json", home=looked).stdout)["fields"] == []


def test_what_names_no_result_is_wrong_input(looked: Path) -> None:
    for line in (("replay", "nobody"), ("diff", STUDY, "nobody"), ("replay",)):
        done = impact(*line, home=looked)
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
