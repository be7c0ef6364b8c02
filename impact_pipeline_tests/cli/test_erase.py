"""`impact erase`: ids from a file or standard input, words and JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.errors import InputError, MaintenanceError
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.delivered_home import ENVIRON, GONE, deliver, opened, order_of, publish_delivered
from impact_pipeline_tests.small_shop import write_catalog

DAY = "2026-03-04"
ASKED = ["erase", "--entity", "user", "--request", "R-7", "--reason", "asked for it", "--actor", "dpo"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One day of orders."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "home"
    write_catalog(root / "catalog")
    deliver(root, "orders", DAY, [order_of(n, shopper, DAY) for n, shopper in enumerate((GONE, "shopper-0008"))])
    publish_delivered(opened(root), [DAY], ["orders"])
    return root


def test_ids_come_from_standard_input_and_the_answer_is_json(home: Path) -> None:
    done = CliRunner().invoke(app, [*ASKED, "--id-file", "-", "--home", str(home), "--json"], input=f"{GONE}\n")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["request"], told["rows"], told["whole"], told["left"]) == ("R-7", 2, True, [])
    assert told["tables"] == {"raw": 1, "trusted/orders": 1}
    assert told["yours"] == [f"raw/orders/{DAY}/rows.parquet"]
    assert GONE not in done.output


def test_ids_come_from_a_file_and_what_holds_the_unit_ends_with_2(home: Path) -> None:
    ids = home / "gone.ids"
    ids.write_text(f"{GONE}\n\n")
    done = CliRunner().invoke(app, [*ASKED, "--id-file", str(ids), "--home", str(home)])
    assert done.exit_code == 2
    assert "left: gone.ids still holds the unit" in done.stderr
    assert "files that still hold the unit: 1" in done.stdout
    assert GONE not in done.output


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read (FileNotFoundError)"), (b"\xff", "is not UTF-8 text")]
)
def test_a_file_that_is_none_is_refused(home: Path, content: bytes | None, told: str) -> None:
    ids = home.with_name("ids")
    if content is not None:
        ids.write_bytes(content)
    done = CliRunner().invoke(app, [*ASKED, "--id-file", str(ids), "--home", str(home)])
    assert isinstance(done.exception, InputError)
    assert str(done.exception).startswith(f"--id-file: {told}")


def test_replay_and_verify_wait_for_an_erasure(home: Path) -> None:
    with Lake(home.resolve()).maintenance.alone():
        for command in (["replay", "--all"], ["verify"]):
            done = CliRunner().invoke(app, [*command, "--home", str(home)])
            assert isinstance(done.exception, MaintenanceError)
