"""Every way to bend a ledger is named, with its line."""

from __future__ import annotations

import json
from pathlib import Path

from impact_pipeline.governance.anchors import Anchor, anchor_of
from impact_pipeline.governance.entries import Entry, chained
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.verification import first_fault
from impact_pipeline_tests.governance.test_ledger import NOW, ledger_of

STUDIES = tuple("abcdef")


def lines(home: Path) -> list[bytes]:
    return ledger_of(home, *STUDIES).lines()


def rewritten(studies: tuple[str, ...]) -> list[bytes]:
    """A sound chain, made without the ledger."""
    found: list[Entry] = []
    for study in studies:
        found.append(chained(found[-1] if found else None, "look", {"study": study}, actor="ada", now=NOW))
    return [entry.line().rstrip() for entry in found]


def test_an_intact_ledger_has_no_fault(tmp_path: Path) -> None:
    anchor = anchor_of(ledger_of(tmp_path, "a").head())
    assert first_fault([]) is None
    assert first_fault(lines(tmp_path), [anchor]) is None


def test_an_edit_is_named(tmp_path: Path) -> None:
    found = lines(tmp_path)
    found[2] = found[2].replace(b'"study":"c"', b'"study":"x"')
    told = "line 3: its content does not match its hash: it was changed after it was written"
    assert str(first_fault(found)) == told


def test_one_byte_is_enough_anywhere(tmp_path: Path) -> None:
    intact = b"\n".join(lines(tmp_path)) + b"\n"
    for place in range(len(intact)):
        bent = bytearray(intact)
        bent[place] ^= 1
        assert first_fault(bytes(bent).split(b"\n")[:-1], [Anchor(5, json.loads(lines_hash(intact))["hash"], "")])


def lines_hash(content: bytes) -> bytes:
    return content.split(b"\n")[-2]


def test_an_edit_with_a_new_hash_is_named_at_the_next_line(tmp_path: Path) -> None:
    found = lines(tmp_path)
    found[2] = rewritten(("a", "b", "x"))[2]
    assert str(first_fault(found)) == "line 4: does not follow the line before it: entry 2 was changed or replaced"


def test_a_deletion_is_named(tmp_path: Path) -> None:
    found = lines(tmp_path)
    del found[2]
    told = "line 3: holds entry 3, expected 2: an entry was taken out, put in or moved"
    assert str(first_fault(found)) == told


def test_a_swap_is_named(tmp_path: Path) -> None:
    found = lines(tmp_path)
    found[2], found[3] = found[3], found[2]
    assert str(first_fault(found)).startswith("line 3: holds entry 3, expected 2")


def test_an_insertion_is_named(tmp_path: Path) -> None:
    found = lines(tmp_path)
    found.insert(2, found[4])
    assert str(first_fault(found)).startswith("line 3: holds entry 4, expected 2")


def test_truncation_is_caught_by_an_anchor_alone(tmp_path: Path) -> None:
    found = lines(tmp_path)
    anchor = anchor_of(Ledger(tmp_path).head())
    assert first_fault(found[:4]) is None
    told = f"the ledger ends before entry 5, which is anchored ({anchor.hash[:12]}): its end was cut off"
    assert str(first_fault(found[:4], [anchor])) == f"line 5: {told}"
    assert str(first_fault([], [anchor])).startswith("line 1: the ledger ends before entry 5")


def test_a_whole_rewrite_is_caught_by_an_anchor_alone(tmp_path: Path) -> None:
    lines(tmp_path)
    anchor = anchor_of(Ledger(tmp_path).head())
    bent = rewritten(("a", "b", "x", "d", "e", "f", "g"))
    assert first_fault(bent) is None
    told = f"line 6: entry 5 is not the one that is anchored ({anchor.hash[:12]}): the ledger was rewritten"
    assert str(first_fault(bent, [anchor])) == told


def test_a_line_that_is_no_entry_is_named() -> None:
    for line in (b"", b"[]", b"{}", b"nothing", b"\xff", b"[" * 100_000):
        assert str(first_fault([line])).startswith("line 1: its content does not match its hash")
