"""A unit erased: no byte of it is left, and it stays out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from impact_pipeline.errors import InputError, MaintenanceError
from impact_pipeline.governance.examination import examined
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.lake.byte_scan import scanned
from impact_pipeline.lake.sought import Sought
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline.stages.erase import Erased, erase
from impact_pipeline.stages.erase_told import as_plain, faults, tell
from impact_pipeline.stages.replay import replay
from impact_pipeline.stages.retention import retain
from impact_pipeline.stages.staleness import stale_data, stale_studies
from impact_pipeline.stages.verify import verify
from impact_pipeline_tests.delivered_home import (
    GONE,
    STAYS,
    deliver,
    load,
    opened,
    order_of,
    pseudonym_of,
    publish_delivered,
)
from impact_pipeline_tests.stages.erased_home import ASKED, LATER
from impact_pipeline_tests.stages.looked_home import STUDY, copy_of

UNIT, OTHER = (Sought((one,), (pseudonym_of(one),)) for one in (GONE, STAYS))
ROWS = {
    "raw": 14, "trusted/orders": 2, "trusted/exposures": 6, "trusted/profiles": 6, "unit_days/orders": 2,
    "features/country": 5, "features/revenue_before": 4, f"study/exposures/{STUDY}": 1,
}  # fmt: skip
"""Two orders, a contact and a profile on each of six days, and what was made of them."""


def test_no_byte_of_the_unit_is_left_and_others_stay(delivered: Path, erased: Path) -> None:
    own = [erased / "raw"]
    assert scanned([delivered / "lake"], UNIT).left
    assert scanned([erased], UNIT, besides=own).clean
    assert scanned([erased], OTHER, besides=own).left


def test_what_was_erased_is_told_by_table(erased_once: tuple[Path, Erased]) -> None:
    found = erased_once[1]
    assert found.tables == ROWS
    assert found.rows == sum(ROWS.values()) == 40
    assert (found.left, found.unread, found.epochs, found.epochs_without_key) == ((), (), ("initial",), ())
    assert len(found.yours) == 14
    assert tell(found).splitlines()[0].startswith("erasure 'R-7': 40 rows erased (raw 14, ")
    assert "erase it yourself: raw/orders/2026-03-04/rows.parquet holds the unit" in tell(found)
    assert tell(found).endswith("bytes: nothing of the unit is left")
    assert as_plain(found)["whole"] is True


def test_the_ledger_tells_of_it_and_names_nobody(erased: Path) -> None:
    entry = Ledger(erased).entries()[-1]
    assert (entry.event, entry.actor, entry.ts) == ("erasure", "dpo", LATER.isoformat())
    told = {name: entry.payload[name] for name in ("request", "reason", "entity", "ids", "rows", "left", "unread")}
    assert told == {
        "request": "R-7", "reason": ASKED.reason, "entity": "user", "ids": 1, "rows": 40, "left": 0, "unread": 0,
    }  # fmt: skip
    assert scanned([erased / "ledger"], UNIT).clean
    assert examined(Ledger(erased), ()).fault is None


def test_fingerprints_before_and_after_are_kept_beside_the_ledger(delivered: Path, erased: Path) -> None:
    digest = Ledger(erased).entries()[-1].payload["documents"]["erasure"]
    path = erased / "ledger" / "documents" / f"{digest}.json"
    kept = {one["partition"]: one for one in json.loads(path.read_text())["trusted/orders"]}
    for day in ("2026-03-04", "2026-03-07"):
        states = [opened(home).lake.trusted("orders").states()[day].fingerprint for home in (delivered, erased)]
        assert [kept[day]["before"], kept[day]["after"]] == states
        assert kept[day]["rows"] == 1


def test_delivered_again_it_stays_out_and_is_counted(erased: Path) -> None:
    workspace = opened(erased, LATER)
    before = {name: LakeTable(table.path).states() for name, table in workspace.lake.tables().items()}
    load(workspace)
    days = workspace.lake.staging.days("orders")
    assert {day: staged.facts["denied_rows"] for day, staged in days.items()} == {
        day: int(day in ("2026-03-04", "2026-03-07")) for day in days
    }
    assert {name: {day: state.fingerprint for day, state in states.items()} for name, states in before.items()} == {
        name: {day: state.fingerprint for day, state in table.states().items()}
        for name, table in workspace.lake.tables().items()
    }
    assert scanned([erased / "lake"], UNIT).clean


def test_run_again_it_finds_nothing_more(erased: Path) -> None:
    found = erase(opened(erased, LATER), ASKED)
    assert (found.tables, found.whole) == ({}, True)
    assert verify(opened(erased).lake, None, "").faults == ()


def test_what_a_scan_finds_left_is_named(delivered: Path, tmp_path: Path) -> None:
    home = copy_of(delivered, tmp_path / "home")
    exported, log = tmp_path / "effects.csv", home / "dagster" / "compute.log"
    exported.write_text(f"unit,effect\n{pseudonym_of(GONE)},0.5\n")
    log.parent.mkdir()
    log.write_text(f"refused {GONE}")
    found = erase(opened(home), replace(ASKED, also=(exported,)))
    assert not found.whole
    assert found.left == (str(exported), "dagster/compute.log")
    assert "left: dagster/compute.log still holds the unit" in list(faults(found))
    assert Ledger(home).entries()[-1].payload["left"] == 2


def test_quarantined_rows_go_too(delivered: Path, tmp_path: Path) -> None:
    home = copy_of(delivered, tmp_path / "home")
    contract = home / "catalog" / "contracts" / "orders.yaml"
    items = "{name: items, logicalType: integer,"
    text = contract.read_text().replace(items, f"{items} logicalTypeOptions: {{minimum: 1}},")
    contract.write_text(f"{text}\ncustomProperties: [{{property: impact.onBreach, value: quarantine}}]\n")
    refused = [{**order_of(n, shopper, "2026-03-08"), "items": 0} for n, shopper in ((7, GONE), (8, STAYS))]
    deliver(home, "orders", "2026-03-08", [*refused, *(order_of(n, STAYS, "2026-03-08") for n in range(98))])
    workspace = opened(home)
    load(workspace, ["2026-03-08"], ["orders"])
    assert workspace.lake.quarantine("orders").states()["2026-03-08"].rows == 2
    assert erase(workspace, ASKED).tables["quarantine/orders"] == 1
    [kept] = workspace.lake.quarantine("orders").files(["2026-03-08"]).paths
    assert pq.read_table(kept, partitioning=None)["user_id"].to_pylist() == [pseudonym_of(STAYS)]


def test_what_cannot_be_asked_is_refused_before_anything_is_done(delivered: Path) -> None:
    workspace = opened(delivered)
    for changes, told in (
        ({"entity": "store"}, "--entity 'store' is identified by no contract; entities are user"),
        ({"ids": ()}, "the file holds no id"),
        ({"reason": f"{GONE} asked"}, "--reason holds an id that is to be erased"),
        ({"name": " "}, "--request is empty"),
    ):
        with pytest.raises(InputError, match=told):
            erase(workspace, replace(ASKED, **changes))
    with pytest.raises(InputError, match=r"no key of pseudonyms is at hand, .*; set IMPACT_PSEUDONYM_KEY"):
        erase(replace(workspace, environ={}), ASKED)
    with workspace.lake.maintenance.running(), pytest.raises(MaintenanceError, match="a night, a run or another"):
        erase(workspace, ASKED)
    assert not (delivered / "ledger" / "erased_units.json").exists()


def test_half_of_another_erasure_is_ended_first(delivered: Path, tmp_path: Path) -> None:
    home = copy_of(delivered, tmp_path / "home")
    opened(home).lake.maintenance.begin({"request": "R-6", "mark": "x", "tables": {}, "staged": {}})
    with pytest.raises(InputError, match="erasure 'R-6' was interrupted; run it again, with the same"):
        erase(opened(home), ASKED)


def test_it_is_looked_for_under_every_key_at_hand(delivered: Path, tmp_path: Path) -> None:
    home, key = copy_of(delivered, tmp_path / "home"), "the key of the second epoch"
    (home / "catalog" / "epochs").mkdir()
    (home / "catalog" / "epochs" / "second.yaml").write_text(
        "name: second\nowner: team:data\ndescription: test\nentity: user\nfirst_day: 2026-03-09\nkey: env:KEY_SECOND\n"
    )
    deliver(
        home, "orders", "2026-03-09", [order_of(n, shopper, "2026-03-09") for n, shopper in ((7, GONE), (8, STAYS))]
    )
    both = opened(home, LATER, KEY_SECOND=key)
    publish_delivered(both, ["2026-03-09"], ["orders"])
    one = erase(opened(home, LATER), ASKED)
    assert (one.tables["trusted/orders"], one.epochs, one.epochs_without_key) == (2, ("initial",), ("second",))
    assert "pseudonyms under the key of second could not be made" in tell(one)
    other = erase(both, ASKED)
    assert (other.tables, other.epochs) == ({"raw": 1, "trusted/orders": 1}, ("initial", "second"))
    everywhere = Sought((GONE,), (pseudonym_of(GONE), pseudonym_of(GONE, key)))
    assert scanned([home], everywhere, besides=[home / "raw"]).clean
    assert both.lake.trusted("orders").states()["2026-03-09"].rows == 1


def test_staged_days_that_are_past_their_time_are_missed_by_nothing(delivered: Path, tmp_path: Path) -> None:
    """Neither a replay nor what is stale begins with them."""
    home = copy_of(delivered, tmp_path / "home")
    workspace = opened(home)
    before = stale_data(workspace.catalog, workspace.lake)
    assert len(retain(workspace.catalog, workspace.lake, date(2026, 7, 1)).expired) == 18
    assert list((home / "lake" / "raw").rglob("*.parquet")) == []
    assert stale_data(workspace.catalog, workspace.lake) == before
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    assert replay(workspace, STUDY).equal
    assert verify(workspace.lake, None, "").faults == ()
