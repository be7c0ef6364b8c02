"""docs/reviews.md: its documents are sound, and its commands are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from impact_pipeline.catalog.load import FOLDERS, document_adapter
from impact_pipeline.catalog.strict_yaml import parse
from impact_pipeline.cli.review import review_app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reviews.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n# catalog/(\w+)/(\w+)\.yaml\n(.*?)```", re.DOTALL)


def test_the_examples_are_sound_documents_called_as_their_files() -> None:
    examples = EXAMPLE.findall(PAGE)
    assert [folder for folder, _, _ in examples] == ["reviews", "postmortems"]
    for folder, name, text in examples:
        read = document_adapter(FOLDERS[folder]).validate_json(json.dumps(parse(text).value), strict=True)
        assert read.name == name


def test_the_page_shows_every_command() -> None:
    commands = [one.name or getattr(one.callback, "__name__", "") for one in review_app.registered_commands]
    assert sorted(commands) == ["answer", "challenge", "comment", "list", "request"]
    assert [name for name in commands if f"impact review {name} " not in PAGE] == []
