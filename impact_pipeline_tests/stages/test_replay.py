"""A stored result recomputed from its recorded inputs: equal bits, or the first difference by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.stages import replay as module
from impact_pipeline.stages.replay import Replayed, replay
from impact_pipeline.stages.replay_told import replay_all, tell
from impact_pipeline_tests.small_shop import at, document, publish
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY, copy_of, make_looked_home, next_year
from impact_pipeline_tests.stages.small_workspace import LAST, derive, look, opened

ORDER = {"user_id": 1, "ordered_at": at("03-05 20:00"), "amount": 99, "items": 1, "channel": "app"}


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_looked_home(tmp_path_factory.mktemp("looked"))


@pytest.fixture
def home(looked: Path, tmp_path: Path) -> Path:
    return copy_of(looked, tmp_path / "home")


def again(home: Path, reference: str = STUDY) -> Replayed:
    """Replayed by another process's workspace, on another day's clock."""
    return replay(next_year(home), reference)


def files_of(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_every_result_replays_to_equal_bits_on_another_clock_and_nothing_is_written(home: Path) -> None:
    before = files_of(home)
    for reference in (STUDY, f"{STUDY}@{LAST}", f"{STUDY}@{EARLIER}"):
        assert again(home, reference).differences == ()
        assert again(home, reference).equal
    assert files_of(home) == before


def test_a_result_is_found_by_the_beginning_of_its_id(home: Path) -> None:
    found = again(home, f"{STUDY}@{EARLIER}")
    assert again(home, found.result_id[:12]) == found


def test_what_names_no_result_is_refused(home: Path) -> None:
    for reference in ("nobody", f"{STUDY}@2020-01-01", "../../etc", "ffffffffff"):
        with pytest.raises(InputError, match="there is no result"):
            again(home, reference)


def test_a_restated_day_changes_no_earlier_result(home: Path) -> None:
    """The rows that were read still lie in the lake, under the fingerprint that was recorded."""
    workspace = replace(opened(home), generation="2027")
    publish(workspace.lake, "orders", "2026-03-05", [ORDER], generation="2027")
    derive(workspace)
    assert again(home).equal
    look(workspace)
    assert again(home).equal


def test_two_results_of_one_date_are_told_apart_by_their_ids(home: Path) -> None:
    workspace = replace(opened(home), generation="2027")
    first = again(home).result_id
    publish(workspace.lake, "orders", "2026-03-05", [ORDER], generation="2027")
    derive(workspace)
    look(workspace)
    assert again(home).result_id != first
    assert again(home, first).equal


def test_a_day_whose_files_are_gone_is_the_first_difference(home: Path) -> None:
    for path in (home / "lake" / "trusted" / "orders").glob("day=2026-03-05/*.parquet"):
        path.unlink()
    found = again(home)
    assert not found.recomputed
    assert found.differences[0].place == "trusted/orders 2026-03-05"
    assert "the file is gone" in str(found.differences[0])


def test_a_day_of_other_rows_under_the_same_name_is_named(home: Path) -> None:
    days = home / "lake" / "trusted" / "orders"
    [taken] = (days / "day=2026-03-05").glob("*.parquet")
    [other] = (days / "day=2026-03-06").glob("*.parquet")
    taken.write_bytes(other.read_bytes())
    assert again(home).differences[0].place == "trusted/orders 2026-03-05"


def test_a_day_that_no_commit_tells_of_is_named(home: Path) -> None:
    log = home / "lake" / "trusted" / "exposures" / "_delta_log"
    for path in log.glob("*.json"):
        if '"partition\\": \\"2026-03-04' in path.read_text():
            path.write_text('{"commitInfo": {"timestamp": 0}}\n')
    assert again(home).differences[0].place == "trusted/exposures 2026-03-04"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("studies/ranker_v2.yaml", "min_units_per_arm: 2", "min_units_per_arm: 3",
         "documents: the catalog changed since: min_units_per_arm changed: 2 -> 3 (statistic)"),
        ("studies/ranker_v2.yaml", "title: Ranker 2", "title: Ranker 3",
         "documents: the catalog changed since: title changed: Ranker 2 -> Ranker 3 (display)"),
        ("metrics/revenue.yaml", "days: 3", "days: 2",
         "documents: the catalog changed since: metric revenue: window.days changed: 3 -> 2 (data)"),
        ("sources/shop.yaml", "root: raw", "root: raw2",
         "documents: the catalog changed since: source shop: root changed: raw -> raw2 (data)"),
    ],
)  # fmt: skip
def test_an_edited_document_is_named_and_the_numbers_of_the_old_ones_are_equal(
    home: Path, file: str, old: str, new: str, told: str
) -> None:
    path = home / "catalog" / file
    path.write_text(path.read_text().replace(old, new))
    found = again(home)
    assert str(found.differences[0]) == told
    assert found.equal_numbers
    assert not found.equal


def test_a_plan_that_is_gone_or_faulty_is_named_and_its_result_recomputed_all_the_same(home: Path) -> None:
    path = home / "catalog" / "studies" / "ranker_v2.yaml"
    path.unlink()
    found = again(home)
    assert str(found.differences[0]) == "documents: the plan of 'ranker_v2' is not in the catalog any more"
    assert found.equal_numbers


def test_without_kept_documents_the_catalog_is_read_where_it_has_the_plan(home: Path) -> None:
    for path in (home / "lake" / "results" / STUDY / "documents").glob("*.json"):
        path.unlink()
    assert again(home).equal
    path = home / "catalog" / "studies" / "ranker_v2.yaml"
    path.write_text(document("studies/ranker_v2.yaml").replace("title: Ranker 2", "title: Ranker 3"))
    found = again(home)
    assert found.differences[0].sentence.startswith("the plan of 'ranker_v2' has the digest ")
    assert not found.recomputed


def test_other_code_and_another_engine_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "code_version", lambda: "another code")
    found = again(home)
    assert [one.cause for one in found.differences] == ["code"]
    assert str(found.differences[0]).endswith("; this is another code")
    assert found.equal_numbers


def changed(path: Path, edit: Callable[[bytes], bytes]) -> None:
    path.write_bytes(edit(path.read_bytes()))


def test_a_changed_byte_of_the_stored_result_is_named(home: Path) -> None:
    [path] = (home / "lake" / "results" / STUDY / LAST.isoformat()).glob("scorecard-*.json")
    changed(path, lambda content: content.replace(b'"mixed_units": 0', b'"mixed_units": 1'))
    found = again(home)
    assert str(found.differences[0]) == (
        f"result: results/{STUDY}/{LAST}/{path.name}: the content was changed after it was written"
    )


def test_a_result_that_was_forged_with_its_name_and_pointer_gives_other_numbers(home: Path) -> None:
    """Whoever can also rename the file and mend id and pointer is found by the recomputation."""
    workspace = opened(home)
    [path] = (home / "lake" / "results" / STUDY / LAST.isoformat()).glob("scorecard-*.json")
    card = workspace.lake.results.current(STUDY, "scorecard", module.Scorecard).value
    forged = replace(card, exposed_per_arm={**card.exposed_per_arm, "treatment": 21})
    path.unlink()
    workspace.lake.results.add(STUDY, "scorecard", LAST, forged)
    found = again(home)
    assert [str(one) for one in found.differences] == [
        "number: exposed_per_arm.treatment: 21 -> 20 (stored -> recomputed)"
    ]


def test_a_pointer_that_names_what_is_not_there_is_told(home: Path) -> None:
    path = home / "lake" / "results" / STUDY / "current-scorecard.json"
    pointer = json.loads(path.read_text())
    path.write_text(json.dumps({**pointer, "digest": "0" * 64}))
    with pytest.raises(LakeError, match=r"current-scorecard\.json: its date, digest and path do not belong together"):
        again(home)


def test_all_results_are_replayed_or_the_one_that_is_named(home: Path) -> None:
    workspace = opened(home)
    [found] = replay_all(workspace, None, every=True)
    assert tell(found) == f"ranker_v2 of {LAST}, result {found.result_id[:12]}: equal to the bit"
    for reference, every in ((None, False), (STUDY, True)):
        with pytest.raises(InputError, match="name one result, or give --all"):
            replay_all(workspace, reference, every=every)
