"""What the page on access shows is sound, and names every role with commands that take it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from impact_pipeline.catalog.access import Role, read_policy
from impact_pipeline.cli.needed_roles import NEEDED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
EXAMPLE = re.compile(r"<!-- access -->\n```yaml\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `(reader|analyst|approver|operator)` \| (.*) \|$", re.MULTILINE)


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
