"""What the ledger tells of erasures: which fingerprint became which."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from impact_pipeline.governance.erasures import EVENT, Erasures, Standing, Step, erasures_of, keep_told, rows_gone
from impact_pipeline.governance.examination import examined
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.lake.erased_tables import Reduced

NOW = datetime(2026, 3, 10, tzinfo=UTC)
TWICE = Erasures({"a": Step("b", 2, "R-1"), "b": Step("c", 1, "R-2"), "z": Step("c", 5, "R-2")}, 2)


def test_a_fingerprint_is_followed_through_erasures() -> None:
    assert TWICE.now("a") == Standing("c", 3, ("R-1", "R-2"))
    assert TWICE.now("c") == Standing("c")


def test_what_a_fingerprint_once_was_is_told() -> None:
    assert TWICE.once("c") == ("c", "b", "z", "a")
    assert TWICE.once("a") == ("a",)


def test_an_erasure_of_nothing_leads_nowhere_new() -> None:
    assert Erasures({"a": Step("a", 0, "R-1")}, 1).now("a") == Standing("a")


def written(home: Path) -> Path:
    told = {"trusted/orders": (Reduced("2026-03-04", "a", "b", 2, True), Reduced("2026-03-04", "y", "z", 1, False))}
    documents = keep_told(home, told)
    Ledger(home).append(EVENT, {"request": "R-1", "documents": dict(documents)}, actor="dpo", now=NOW)
    [path] = (home / "ledger" / "documents").iterdir()
    assert rows_gone(told["trusted/orders"]) == 2
    return path


def test_the_ledger_gives_back_what_was_kept(tmp_path: Path) -> None:
    written(tmp_path)
    assert erasures_of(tmp_path) == Erasures({"a": Step("b", 2, "R-1"), "y": Step("z", 1, "R-1")}, 1)


def test_what_was_kept_and_changed_since_is_not_believed(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"before":"a"', b'"before":"x"'))
    assert erasures_of(tmp_path) == Erasures({}, 1)
    assert "was changed after it was written" in str(examined(Ledger(tmp_path), ()).fault)


def test_an_entry_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    written(tmp_path)
    ledger = Ledger(tmp_path).path
    ledger.write_bytes(ledger.read_bytes().replace(b'"request":"R-1"', b'"request":"R-2"'))
    assert erasures_of(tmp_path) == Erasures({}, 0)
