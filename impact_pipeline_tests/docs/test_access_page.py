"""What the page on access shows is sound, and names every role with commands that take it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from impact_pipeline.catalog.access import Role, read_policy
from impact_pipeline.cli.needed_roles import NEEDED
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline_tests.cli.other_accounts import ROOT_ONLY, Somebody, open_folder
from impact_pipeline_tests.small_shop import write_catalog

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
PERMISSIONS = re.compile(r"<!-- permissions -->\n```sh\n(.*?)```", re.DOTALL)
EXAMPLE = re.compile(r"<!-- access -->\n```yaml\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `(reader|analyst|approver|operator)` \| (.*) \|$", re.MULTILINE)

ABANDON = ("plan", "abandon", "ranker_v2", "--reason", "x")
SERVICE, READERS, ANALYSTS = 64_001, 64_002, 64_003
READER, ANALYST, STRANGER = (
    Somebody(64_010, (READERS,)), Somebody(64_011, (READERS, ANALYSTS)), Somebody(64_012, (64_012,)),
)  # fmt: skip


def test_the_policy_of_the_page_is_sound(tmp_path: Path) -> None:
    [text] = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    (tmp_path / "access.yaml").write_text(text, encoding="utf-8")
    policy = read_policy(tmp_path)
    assert policy is not None
    assert {role for role in get_args(Role) if policy.holders(role)} == set(get_args(Role))


def test_each_role_is_told_with_commands_that_take_it() -> None:
    rows = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))
    assert rows.keys() == set(get_args(Role))
    for role, told in rows.items():
        named = re.findall(r"`([a-z ]+)`", told)
        known = {name for name, needed in NEEDED.items() if needed == role}
        assert all(name in known or f"plan {name}" in known for name in named), role


@pytest.mark.skipif(os.getuid() != 0, reason=ROOT_ONLY)
def test_the_permissions_of_the_page_let_analysts_write_readers_read_and_nobody_else_in() -> None:
    with open_folder() as home:
        write_catalog(home / "catalog")
        (home / "lake" / "trusted").mkdir(parents=True)
        _permit(home)
        assert ANALYST.impact(home, "plan", "register", "ranker_v2", "--reason", "ready").returncode == 0
        assert [entry.actor for entry in Ledger(home).entries()] == ["uid:64011"]
        told = READER.impact(home, "plan", "status")
        assert (told.returncode, told.stdout.split(",")[0]) == (0, "ranker_v2: registered")
        assert "is not readable" in STRANGER.impact(home, "plan", "status").stderr
        refused = READER.impact(home, *ABANDON)
        assert (refused.returncode, refused.stderr) == (
            1, f"error: this account may not open {Ledger(home).path}.lock; ask who owns the home\n",
        )  # fmt: skip
        assert len(Ledger(home).lines()) == 1
        modes = [(home / name).stat().st_mode & 0o7777 for name in (".", "catalog", "catalog/studies", "lake/trusted")]
        assert modes == [0o750, 0o750, 0o2775, 0o700]


def _permit(home: Path) -> None:
    [script] = PERMISSIONS.findall(PAGE.read_text(encoding="utf-8"))
    by_number = {"impact-readers": READERS, "impact-analysts": ANALYSTS, "impact:": f"{SERVICE}:"}
    for name, number in by_number.items():
        script = script.replace(name, str(number))
    environ = {**os.environ, "IMPACT_HOME": str(home)}
    subprocess.run(["sh", "-euc", script], env=environ, check=True)
