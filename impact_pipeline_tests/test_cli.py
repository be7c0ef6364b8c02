"""The commands as a user meets them: exit codes, located faults, no traceback, nothing heavy before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from impact_pipeline_tests.small_shop import document, write_catalog

MAIN = "from impact_pipeline.cli import main; main()"


def impact(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "IMPACT_HOME"}
    if home is not None:
        environ["IMPACT_HOME"] = str(home)
    command = [sys.executable, "-c", MAIN, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def test_a_sound_catalog_passes(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    done = impact("check", home=tmp_path)
    assert done.returncode == 0
    assert done.stdout.endswith("4 metrics, 1 model, 1 study; 0 faults\n")
    assert done.stderr == ""


def test_every_fault_is_located_and_the_exit_code_is_1(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    plan = document("studies/ranker_v2.yaml").replace("role: success", "role: main")
    (tmp_path / "catalog" / "studies" / "ranker_v2.yaml").write_text(plan)
    metric = document("metrics/price.yaml").replace("fact: orders", "fact: orderz")
    (tmp_path / "catalog" / "metrics" / "price.yaml").write_text(metric)
    done = impact("check", home=tmp_path)
    assert done.returncode == 1
    assert "studies/ranker_v2.yaml:15: metrics.0.role" in done.stderr
    assert "metrics/price.yaml:10: value.fact: there is no fact 'orderz'; facts are orders" in done.stderr
    told = json.loads(impact("check", "--json", home=tmp_path).stdout)
    assert {issue["file"] for issue in told["issues"]} == {"studies/ranker_v2.yaml", "metrics/price.yaml"}


def test_wrong_input_is_told_in_one_line(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    for arguments, told in (
        (("nightly", "--date", "2026-02-30"), "--date '2026-02-30' is not a day; write it as 2026-03-20"),
        (("redo", "trusted/nothing", "2026-03-04"), "there is no asset 'trusted/nothing'; assets are"),
        (("redo", "raw/orders", "1999-01-01"), "raw/orders has no partition '1999-01-01'"),
    ):
        done = impact(*arguments, home=tmp_path)
        assert done.returncode == 1, done.stderr
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_a_missing_home_is_named(tmp_path: Path) -> None:
    for command in ("check", "failed"):
        done = impact(command, home=tmp_path / "nowhere")
        assert done.returncode == 1
        assert f"{tmp_path / 'nowhere' / 'catalog'} is not a folder; name the project's home" in done.stderr


def test_nothing_failed_is_said(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    done = impact("failed", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "nothing stands failed\n")
    assert json.loads(impact("failed", "--json", home=tmp_path).stdout) == []


def test_help_lists_the_commands_and_loads_nothing_heavy() -> None:
    done = impact("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("check", "nightly", "demo", "failed", "redo", "ui"))
    heavy = "dagster pandas duckdb great_expectations statsmodels scipy altair pyarrow"
    probe = f"import sys, impact_pipeline.cli; print([m for m in '{heavy}'.split() if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    assert loaded.stdout == "[]\n"
