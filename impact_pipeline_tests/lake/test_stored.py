"""Results found by name, and pointers held against what they name."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.pointers import pointer_fault, read_pointer
from impact_pipeline.lake.stored import find_result, keep_documents, kept_documents, stored_results, value_of

KIND = "scorecard"
FIRST, SECOND = date(2026, 3, 5), date(2026, 3, 6)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two results of one date and one of the next, which is current."""
    made = Lake(tmp_path)
    for number, on in enumerate((FIRST, FIRST, SECOND)):
        made.results.add("ranker", KIND, on, {"provenance": {"result_id": f"{number}{'ab' * 15}c"}})
    return made


def result_id(lake: Lake, reference: str) -> str:
    return str(find_result(lake, KIND, reference).plain()["provenance"]["result_id"])


def test_a_result_is_found_by_study_date_or_id(lake: Lake) -> None:
    assert result_id(lake, "ranker")[0] == "2"
    assert result_id(lake, "ranker@2026-03-06")[0] == "2"
    assert result_id(lake, "0abababab")[0] == "0"
    assert find_result(lake, KIND, "ranker").place.startswith("results/ranker/2026-03-06/scorecard-")
    assert value_of(find_result(lake, KIND, "ranker"), dict)["provenance"]
    assert [one.as_of for one in stored_results(lake, KIND)] == [FIRST, FIRST, SECOND]


def test_what_names_several_results_lists_their_ids(lake: Lake) -> None:
    with pytest.raises(InputError, match=r"'ranker@2026-03-05' names 2 results: .*; give the id of one"):
        find_result(lake, KIND, "ranker@2026-03-05")


@pytest.mark.parametrize("reference", ["", "@", "ranker@", "../x", "0ab", "nobody", "ranker@2020-01-01", "RANKER"])
def test_what_names_none_is_refused(lake: Lake, reference: str) -> None:
    if reference == "ranker@":
        assert result_id(lake, reference)[0] == "2"
        return
    with pytest.raises(InputError, match=r"there is no result .* give a study \(ranker\)"):
        find_result(lake, KIND, reference)


def test_a_changed_result_is_not_read(lake: Lake) -> None:
    found = find_result(lake, KIND, "ranker")
    found.path.write_text(found.path.read_text().replace("ab", "ba"))
    with pytest.raises(LakeError, match=rf"^{found.place}: the content was changed after it was written$"):
        found.plain()


def test_documents_are_kept_once_and_read_as_they_were(lake: Lake) -> None:
    digest = keep_documents(lake, "ranker", b'{"a":1}')
    assert keep_documents(lake, "ranker", b'{"a":1}') == digest
    assert kept_documents(lake, "ranker", digest) == {"a": 1}
    assert kept_documents(lake, "ranker", "0" * 64) is None
    [path] = (lake.results.root / "ranker" / "documents").iterdir()
    path.write_bytes(b'{"a":2}')
    with pytest.raises(LakeError, match="results/ranker/documents/"):
        kept_documents(lake, "ranker", digest)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("as_of", "2026-03-05", "its date, digest and path do not belong together"),
        ("digest", "f" * 64, "its date, digest and path do not belong together"),
        ("path", "other/2026-03-06/scorecard-0000000000000000.json", "its date, digest and path do not belong"),
        ("path", "../../secret", "its date, digest and path do not belong together"),
        ("path", 7, "cannot be read; it was changed after it was written"),
        ("more", "x", "cannot be read; it was changed after it was written"),
    ],
)
def test_a_pointer_that_was_changed_is_named(lake: Lake, field: str, value: object, told: str) -> None:
    assert pointer_fault(lake, "ranker", KIND) == ""
    path = lake.results.root / "ranker" / f"current-{KIND}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    assert pointer_fault(lake, "ranker", KIND).startswith(f"results/ranker/current-{KIND}.json: {told}")


def test_a_pointer_to_what_is_gone_or_changed_is_named(lake: Lake) -> None:
    found = find_result(lake, KIND, "ranker")
    found.path.write_text(found.path.read_text().replace("ab", "ba"))
    assert "its digest is not that of ranker/2026-03-06/" in pointer_fault(lake, "ranker", KIND)
    found.path.unlink()
    assert pointer_fault(lake, "ranker", KIND).endswith("which is not there")
    with pytest.raises(LakeError, match="which is not there"):
        find_result(lake, KIND, "ranker")


def test_no_pointer_is_no_fault(lake: Lake) -> None:
    assert read_pointer(lake, "nobody", KIND) is None
    assert pointer_fault(lake, "nobody", KIND) == ""
