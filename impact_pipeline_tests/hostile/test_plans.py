"""Cases D14 to D21: plans that say more, or something else, than a reader sees; names that are paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.catalog.strict_yaml import parse
from impact_pipeline.cli import app
from impact_pipeline.errors import InputError
from impact_pipeline_tests.hostile.cases import inputs_of
from impact_pipeline_tests.hostile.visits_home import DOCUMENTS, STUDY, write_documents
from impact_pipeline_tests.test_cli import impact

PLAN = DOCUMENTS["studies/shorter_page.yaml"]
USAGE = 2
LOCK = ".maintenance.lock"
"""What runs and erasures hold against each other: whoever reads the lake opens it."""
"""The exit code of an argument that the command line itself refuses."""

DECISION = "decision: {min_units_per_arm: 2, alpha: 0.05}\n"


def told(home: Path, plan: str) -> list[dict[str, Any]]:
    """What `impact check` says of the plan; nothing of any other document."""
    write_documents(home, {"studies/shorter_page.yaml": plan})
    done = CliRunner().invoke(app, ["check", "--json", "--home", str(home)])
    issues: list[dict[str, Any]] = json.loads(done.stdout)["issues"]
    assert done.exit_code == (1 if issues else 0)
    assert {issue["file"] for issue in issues} <= {"studies/shorter_page.yaml"}
    return issues


def with_decision(lines: str) -> str:
    written = "".join(f"  {line}\n" for line in lines.split("\n") if line)
    return PLAN.replace(DECISION, f"decision:\n  min_units_per_arm: 2\n{written}")


def test_the_plan_itself_is_sound(tmp_path: Path) -> None:
    assert told(tmp_path, PLAN) == []
    assert told(tmp_path, with_decision("alpha: 0.05")) == []


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("D14", "the key 'alpha' stands twice; keep one of the two"),
        ("D15", "tags are not allowed; write plain text, numbers, lists and maps"),
        ("D16", "anchors and aliases are not allowed; write the value out"),
        ("D19", "is not a field of this document; remove it or correct its name"),
    ],
)
def test_yaml_that_says_something_else_than_it_shows_is_refused(tmp_path: Path, id_: str, message: str) -> None:
    [text] = inputs_of(id_)
    plan = with_decision(text) if id_ == "D14" else PLAN + text
    assert message in [issue["message"] for issue in told(tmp_path, plan)]
    assert not Path("/srv/pwned").exists()


def test_a_misspelt_field_of_the_decision_is_named(tmp_path: Path) -> None:
    [document] = inputs_of("D17")
    foreign = {issue["field"] for issue in told(tmp_path, yaml.safe_dump(document))}
    assert "aplha" in foreign
    [issue] = told(tmp_path, with_decision("aplha: 0.5"))
    assert issue["field"] == "decision.aplha"


@pytest.mark.parametrize("text", inputs_of("D18"))
def test_an_alpha_that_is_no_chance_is_refused(tmp_path: Path, text: str) -> None:
    [issue] = told(tmp_path, with_decision(text))
    assert issue["field"] == "decision.alpha"


def test_scalars_are_what_they_look_like(tmp_path: Path) -> None:
    [text] = inputs_of("D19")
    assert parse(text).value["dimensions"]["country"] == ["no", "se", "dk"]
    assert parse(text).value["dimensions"]["code"] == ["017"]


@pytest.mark.parametrize("name", inputs_of("D20"), ids=range(len(inputs_of("D20"))))
def test_a_name_that_is_a_path_or_none_is_refused_everywhere(tmp_path: Path, name: str) -> None:
    home = write_documents(tmp_path / "home")
    before = sorted(tmp_path.rglob("*"))
    refused = told(tmp_path / "home", PLAN.replace("name: shorter_page", f"name: {json.dumps(name)}"))
    assert [issue["field"] for issue in refused] == ["name"]
    write_documents(home)
    for line in (("plan", "new", "--design", "randomized", "--area", "site"), ("plan", "lint"), ("replay",)):
        done = CliRunner().invoke(app, [*line, "--home", str(home), "--", name])
        assert isinstance(done.exception, InputError) or done.exit_code == USAGE, (line, done.output)
    after = {path for path in tmp_path.rglob("*") if path.is_file() and path.name != LOCK}
    assert after == {path for path in before if path.is_file()}


def test_a_plan_that_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "passwd"
    secret.write_text("root:x:0:0:\n")
    home = write_documents(tmp_path / "home")
    (home / "catalog" / "studies" / "link.yaml").symlink_to(secret)
    done = impact("check", home=home)
    assert done.returncode == 1
    assert "studies/link.yaml:1: document: a link that leaves the catalog's folder" in done.stderr
    assert "root:x" not in done.stderr + done.stdout
    assert set(read_sound_part(home / "catalog").plans) == {STUDY}
