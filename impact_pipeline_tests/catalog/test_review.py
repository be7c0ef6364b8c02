from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.issues import CatalogError
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline_tests.governance.reviewed import DOCUMENT
from impact_pipeline_tests.small_shop import document, write_catalog

FILE = "reviews/ramp.yaml"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "study: ranker_v2",
            "study: ranker_v9",
            f"{FILE}:3: study: there is no study 'ranker_v9'; studies are",
        ),
        ("kind: challenge", "kind: doubt", f"{FILE}:5: kind: 'doubt' is not allowed; write 'comment', 'challenge' or"),
        ("result: abab", "result: ranker_v2@abab", f"{FILE}:4: result: String should match pattern"),
        ("text: The", 'text: "\\u202eThe', f"{FILE}:8: text: holds U+202E, a control or format character"),
        ("author: eve\n", "", f"{FILE}:2: author: is required; add it"),
    ],
)
def test_faults_of_a_review_are_located(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = DOCUMENT.replace(old, new)
    changed = text.replace("a day.", 'a day."') if "\\u202e" in new else text
    with pytest.raises(CatalogError) as raised:
        write_catalog(tmp_path, changes={FILE: changed})
    [issue] = raised.value.issues
    assert str(issue).startswith(told)


def test_a_review_stands_while_the_plan_of_its_study_has_faults(tmp_path: Path) -> None:
    write_catalog(tmp_path, changes={FILE: DOCUMENT})
    plan = tmp_path / "studies" / "ranker_v2.yaml"
    plan.write_text(document("studies/ranker_v2.yaml").replace("role: success", "role: main"))
    assert list(read_sound_part(tmp_path).reviews) == ["ramp"]
