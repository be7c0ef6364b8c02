"""What becomes of results: they stand, replay and verify tell lawful from unlawful, and nobody learns what moved."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from impact_pipeline.stages.erase import erase
from impact_pipeline.stages.portfolio import make_site
from impact_pipeline.stages.readers import Readers
from impact_pipeline.stages.replay import Scorecard, replay
from impact_pipeline.stages.replay_told import as_told
from impact_pipeline.stages.replay_told import tell as tell_replayed
from impact_pipeline.stages.staleness import due_or_stale, portfolio_inputs, stale_data, stale_studies
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.verify import verify
from impact_pipeline_tests.delivered_home import (
    LAST,
    STAYS,
    deliver,
    load,
    opened,
    order_of,
)
from impact_pipeline_tests.small_shop import publish
from impact_pipeline_tests.stages.erased_home import ASKED, LATER
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY, copy_of
from impact_pipeline_tests.stages.small_workspace import look


def test_old_results_replay_as_lawfully_reduced(delivered: Path, erased: Path) -> None:
    assert replay(opened(delivered, LATER), STUDY).equal
    for reference, rows in ((STUDY, 10), (f"{STUDY}@{EARLIER}", 9)):
        found = replay(opened(erased, LATER), reference)
        assert (found.holds, found.lawfully_reduced, found.equal) == (True, True, False)
        assert (found.reduced_by, found.requests, found.differences) == (rows, ("R-7",), ())
        told = tell_replayed(found).splitlines()
        assert told[0].endswith(f": inputs lawfully reduced by {rows} rows (erasure R-7)")
        assert told[1].endswith("numbers move where it is recomputed from the rest; the stored ones stand")
    assert replay(opened(erased), STUDY).as_plain()["lawfully_reduced"] is True


def test_numbers_that_an_erasure_moved_are_named_and_not_told(erased: Path) -> None:
    """Their differences are the erased unit's own."""
    workspace = opened(erased, LATER)
    found = as_told(replay(workspace, STUDY), Readers.of(workspace.catalog, workspace.lake))
    moved = {one.place: one.sentence for one in found.moved if one.cause == "number"}
    told = "the recomputed number is not the stored one; both are withheld: it would tell of the erased"
    assert moved["exposed_per_arm.treatment"] == f"exposed_per_arm.treatment: {told}"


def test_a_decided_study_that_is_made_again_by_hand_tells_of_no_restatement(erased: Path) -> None:
    """By how much its numbers moved is the erased unit's own value."""
    workspace = opened(erased, LATER)
    look(workspace)
    card = current_scorecard(workspace.lake, STUDY)
    assert not any("restated" in told for told in (*card.verdict.deviations, *card.verdict.exploratory))


def test_a_restatement_beside_an_erasure_is_told_without_what_moved(erased: Path) -> None:
    workspace = opened(erased, LATER)
    publish(workspace.lake, "orders", "2026-03-05", [], generation=workspace.generation)
    look(workspace)
    verdict = current_scorecard(workspace.lake, STUDY).verdict
    [told] = [one for one in (*verdict.deviations, *verdict.exploratory) if "restated" in one]
    assert told.endswith(": trusted/orders 2026-03-05")


def test_a_change_besides_the_erasure_is_named_all_the_same(erased: Path) -> None:
    days = erased / "lake" / "trusted" / "orders"
    [taken] = (days / "day=2026-03-04").glob("*.parquet")
    [other] = (days / "day=2026-03-07").glob("*.parquet")
    taken.write_bytes(other.read_bytes())
    found = replay(opened(erased), STUDY)
    assert not found.holds
    assert found.differences[0].place == "trusted/orders 2026-03-04"
    assert any("trusted/orders" in fault for fault in verify(opened(erased).lake, None, "").faults)


def test_numbers_that_need_not_be_equal_are_vouched_for_by_the_ledger(erased: Path) -> None:
    """A result forged with its name and pointer is no longer found by its numbers alone."""
    lake = opened(erased).lake
    card = lake.results.current(STUDY, "scorecard", Scorecard).value
    [path] = (lake.results.root / STUDY / LAST.isoformat()).glob("scorecard-*.json")
    path.unlink()
    forged = replace(card, provenance=replace(card.provenance, result_id="f" * 64))
    lake.results.add(STUDY, "scorecard", LAST, forged)
    found = replay(opened(erased), STUDY)
    assert not found.holds
    assert "result: the ledger tells of no verdict ffffffffffff of 'ranker_v2'" in map(str, found.differences)
    assert "  besides, inputs lawfully reduced by 10 rows (erasure R-7)" in tell_replayed(found).splitlines()


def test_verify_calls_it_no_change_and_says_so(erased: Path) -> None:
    found = verify(opened(erased).lake, None, opened(erased).engine.name)
    assert found.faults == ()
    assert found.remarks == ("1 erasure is in the ledger; what it took out counts as no change",)


def test_a_restored_copy_is_told_of(delivered: Path, erased: Path) -> None:
    shutil.rmtree(erased / "lake" / "trusted" / "orders")
    shutil.copytree(delivered / "lake" / "trusted" / "orders", erased / "lake" / "trusted" / "orders")
    told = "holds again what erasure 'R-7' took out; run that erasure again"
    assert verify(opened(erased).lake, None, "").faults == (
        f"trusted/orders 2026-03-04: {told}",
        f"trusted/orders 2026-03-07: {told}",
    )
    assert erase(opened(erased), ASKED).tables == {"trusted/orders": 2}
    assert verify(opened(erased).lake, None, "").faults == ()


def test_a_decided_study_is_not_looked_at_again(delivered: Path, erased: Path) -> None:
    """Its verdict stands: erasing outdates nothing that was made before it, and the planned look was taken."""
    workspace, pointer = opened(erased), Path("lake") / "results" / STUDY / "current-scorecard.json"
    stale = [stale_data(workspace.catalog, opened(home).lake) for home in (delivered, erased)]
    assert [[(one.asset, one.partition) for one in found] for found in stale] == [
        [("features/country", "2026-03-09"), ("features/revenue_before", "2026-03-09")]
    ] * 2
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    for night in (LAST, date(2026, 3, 20)):
        assert due_or_stale(workspace.catalog, workspace.lake, night) == ()
    assert due_or_stale(workspace.catalog, opened(delivered).lake, LAST) == (STUDY,)
    assert (erased / pointer).read_bytes() == (delivered / pointer).read_bytes()


def test_a_running_study_is_measured_from_the_rest(delivered: Path, tmp_path: Path) -> None:
    home = copy_of(delivered, tmp_path / "home")
    for path in (home / "lake" / "results", home / "lake" / "study"):
        shutil.rmtree(path)
    workspace = opened(home, LATER)
    look(workspace, EARLIER)
    erase(workspace, ASKED)
    assert due_or_stale(workspace.catalog, workspace.lake, LAST) == (STUDY,)
    look(workspace)
    card = workspace.lake.results.current(STUDY, "scorecard", Scorecard).value
    assert card.exposed_per_arm == {"control": 20, "treatment": 19}
    assert replay(workspace, STUDY).equal
    make_site(workspace)
    page = (home / "reports" / "studies" / f"{STUDY}.html").read_text()
    assert "trusted/orders: lawfully reduced since the look before, on 2026-03-04." in page
    assert "restated since the look before" not in page


def test_the_page_of_a_decided_study_tells_of_it(erased: Path) -> None:
    make_site(opened(erased, LATER))
    page = (erased / "reports" / "studies" / f"{STUDY}.html").read_text()
    assert "Since this look 10 rows were lawfully erased from its inputs (R-7); it stands." in page


def test_money_and_site_are_made_again_after_it(delivered: Path, erased: Path) -> None:
    made = [portfolio_inputs(opened(home).catalog, opened(home).lake) for home in (delivered, erased)]
    assert made[0] != made[1]


def test_whoever_looks_again_looks_at_the_rest_and_both_results_stay(erased: Path) -> None:
    workspace = opened(erased, LATER)
    before = workspace.lake.results.current(STUDY, "scorecard", Scorecard).value
    look(workspace)
    after = workspace.lake.results.current(STUDY, "scorecard", Scorecard).value
    assert (before.exposed_per_arm, after.exposed_per_arm) == (
        {"control": 20, "treatment": 20}, {"control": 20, "treatment": 19},
    )  # fmt: skip
    assert replay(workspace, STUDY).equal
    assert replay(workspace, before.provenance.result_id).lawfully_reduced


def test_a_restated_day_outdates_a_look_as_ever(erased: Path) -> None:
    workspace = opened(erased, LATER)
    deliver(erased, "orders", "2026-03-05", [order_of(n, STAYS, "2026-03-05") for n in range(3)])
    load(workspace, ["2026-03-05"], ["orders"])
    assert [stale.partition for stale in stale_studies(workspace.catalog, workspace.lake)] == [STUDY]
