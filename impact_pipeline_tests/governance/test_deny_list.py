"""Erased units are told by keyed hashes, under each key that is at hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from impact_pipeline.governance.deny_list import Denied, DenyList, mark_of, rows_of
from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised

FIRST, SECOND = SecretKey(b"the first key of tests"), SecretKey(b"the second key of tests")
GONE = "shopper-0007"


def test_a_mark_is_neither_the_id_nor_the_pseudonym() -> None:
    mark = mark_of(GONE, "user", FIRST)
    [pseudonym] = pseudonymised(pa.array([GONE]), "user", FIRST).to_pylist()
    assert len(mark) == 32
    assert pseudonym.to_bytes(8, "big", signed=True).hex() not in mark
    assert mark not in (mark_of(GONE, "store", FIRST), mark_of(GONE, "user", SECOND))


def test_marks_are_kept_once_by_entity_and_epoch(tmp_path: Path) -> None:
    denied = DenyList(tmp_path)
    assert denied.marks("user") == {}
    denied.add("user", {"initial": ["b", "a"]})
    denied.add("user", {"initial": ["a"], "spring": ["c"]})
    assert denied.marks("user") == {"initial": frozenset({"a", "b"}), "spring": frozenset({"c"})}
    assert denied.marks("store") == {}


def test_a_unit_is_told_by_the_mark_of_any_epoch_whose_key_is_at_hand() -> None:
    marks = {
        "initial": frozenset({mark_of(GONE, "user", FIRST)}),
        "spring": frozenset({mark_of("other", "user", SECOND)}),
    }
    ids = pa.array([GONE, None, "other", "stays", GONE])
    both = Denied("user", marks, {"initial": FIRST, "spring": SECOND})
    assert both.among(ids).to_pylist() == [True, False, True, False, True]
    assert both.untold == 0
    one = Denied("user", marks, {"spring": SECOND})
    assert one.among(ids).to_pylist() == [False, False, True, False, False]
    assert one.untold == 1


def test_a_row_is_denied_by_any_of_its_identifiers() -> None:
    assert rows_of([pa.array([True, False, False]), pa.array([False, False, True])], 3).to_pylist() == [
        True,
        False,
        True,
    ]
    assert rows_of([], 2).to_pylist() == [False, False]
