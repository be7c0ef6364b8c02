"""Entries are durable, in order and written once; killed writers lose nothing that was acknowledged."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.governance.entries import GENESIS
from impact_pipeline.governance.ledger import LONGEST_LINE, Ledger
from impact_pipeline.governance.verification import first_fault

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEED, WRITERS = 20260302, 4
WRITER = """
import os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from impact_pipeline.governance.ledger import Ledger

if sys.argv[3] == "split":
    whole = os.write
    def in_halves(descriptor, line):
        half = len(line) // 2
        whole(descriptor, line[:half])
        time.sleep(0.002)
        return half + whole(descriptor, line[half:])
    os.write = in_halves

ledger, told = Ledger(Path(sys.argv[1])), open(sys.argv[2], "ab", buffering=0)
number = 0
while True:
    number += 1
    entry = ledger.append("look", {"study": "a", "number": number}, actor=str(os.getpid()), now=datetime.now(UTC))
    told.write(f"{entry.seq} {entry.hash}\\n".encode())
"""


def ledger_of(home: Path, *studies: str) -> Ledger:
    ledger = Ledger(home)
    for study in studies:
        ledger.append("look", {"study": study}, actor="ada", now=NOW)
    return ledger


def test_entries_follow_each_other(tmp_path: Path) -> None:
    first, second = ledger_of(tmp_path, "a", "b").entries()
    assert (first.seq, first.prev, first.actor, first.event) == (0, GENESIS, "ada", "look")
    assert (second.seq, second.prev, second.study, second.day) == (1, first.hash, "b", "2026-03-02")
    assert Ledger(tmp_path).head() == second


def test_entries_of_a_study_are_its_own_alone(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a", "b", "a")
    ledger.append("override", {"study": "c", "about": {"study": "a"}}, actor="ada", now=NOW)
    assert [entry.seq for entry in ledger.entries("a")] == [0, 2]
    assert ledger.entries("nobody") == ()


def test_an_event_with_an_id_is_written_once(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a")
    first = ledger.append("look", {"study": "a", "n": 1}, actor="ada", now=NOW, event_id="ab12")
    ledger.append("look", {"study": "b", "told": '"event_id":"cd34"'}, actor="ada", now=NOW)
    again = ledger.append("look", {"study": "a", "n": 2}, actor="bob", now=NOW, event_id="ab12")
    other = ledger.append("look", {"study": "a", "n": 3}, actor="bob", now=NOW, event_id="cd34")
    assert (again, other.seq) == (first, 3)
    assert len(ledger.lines()) == 4


def test_an_empty_ledger_has_no_entry(tmp_path: Path) -> None:
    assert Ledger(tmp_path).entries() == ()
    assert Ledger(tmp_path).head() is None
    with Ledger(tmp_path).alone() as writer:
        assert writer.entries() == ()


def test_the_newest_entry_of_an_event(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.newest("verdict") is None
    for event, told in (("verdict", "a"), ("verdict", "b"), ("look", '"event":"verdict"'), ("look", "c")):
        ledger.append(event, {"told": told, "inner": {"event": "verdict"}}, actor="ada", now=NOW)
    found = ledger.newest("verdict")
    assert found is not None
    assert (found.seq, found.payload["told"]) == (1, "b")
    assert ledger.newest("approval") is None


def test_a_changed_entry_is_not_passed_over(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a", "b")
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"study":"b"', b'"study":"c"'))
    with pytest.raises(LakeError, match="an entry was changed; run `impact ledger verify`"):
        ledger.newest("look")


def test_a_half_line_is_moved_away_by_the_next_writer(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a")
    with ledger.path.open("ab") as file:
        file.write(b'{"actor":"ada","ev')
    assert len(ledger.entries()) == 1
    assert first_fault(ledger.lines()) is None
    ledger.append("look", {"study": "b"}, actor="ada", now=NOW)
    assert [entry.study for entry in ledger.entries()] == ["a", "b"]
    assert ledger.torn.read_bytes() == b'{"actor":"ada","ev\n'


def test_the_last_line_may_be_longer_than_what_is_read_of_the_end_at_first(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a")
    ledger.append("amendment", {"study": "a", "reason": "x" * 300_000}, actor="ada", now=NOW)
    ledger.append("look", {"study": "a"}, actor="ada", now=NOW)
    assert first_fault(ledger.lines()) is None
    assert [entry.seq for entry in ledger.entries()] == [0, 1, 2]


def test_a_changed_last_line_is_not_built_upon(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a", "b")
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"study":"b"', b'"study":"c"'))
    with pytest.raises(LakeError, match=r"ledger\.jsonl: the last line was changed; run `impact ledger verify`"):
        ledger.append("look", {"study": "a"}, actor="ada", now=NOW)
    with pytest.raises(LakeError, match=r"ledger\.jsonl:2: not an entry as it was written"):
        ledger.entries()


def test_what_cannot_be_an_entry_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "a")
    before = ledger.path.read_bytes()
    with pytest.raises(InputError, match="needs an actor"):
        ledger.append("look", {"study": "a"}, actor=" ", now=NOW)
    with pytest.raises(InputError, match="at most 1,048,576 are allowed"):
        ledger.append("look", {"study": "a", "reason": "x" * LONGEST_LINE}, actor="ada", now=NOW)
    with pytest.raises(ValueError, match="JSON compliant"):
        ledger.append("look", {"study": "a", "lift": float("nan")}, actor="ada", now=NOW)
    with pytest.raises(ValueError, match="time zone"):
        ledger.append("look", {"study": "a"}, actor="ada", now=NOW.replace(tzinfo=None))
    assert ledger.path.read_bytes() == before


def running(home: Path, number: int) -> subprocess.Popen[bytes]:
    """A writer that appends as fast as it can; half of them write each line in two parts."""
    how = "split" if number % 2 else "whole"
    line = [sys.executable, "-c", WRITER, str(home), str(home / f"told_{number % WRITERS}"), how]
    return subprocess.Popen(line, stderr=subprocess.DEVNULL)


def told(home: Path) -> list[tuple[int, str]]:
    """(seq, hash) of every entry that a writer was told to be on disk; a kill may cut the last line short."""
    texts = [path.read_text().rpartition("\n")[0] for path in home.glob("told_*")]
    pairs = [line.split() for text in texts for line in text.splitlines()]
    return [(int(seq), digest) for seq, digest in pairs]


def grown(home: Path, by: int) -> None:
    """Wait until writers were told of so many more entries."""
    wanted, until = len(told(home)) + by, time.monotonic() + 60
    while len(told(home)) < wanted:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[dict[int, subprocess.Popen[bytes]]]:
    """Four writers by number; whoever still runs is killed at the end."""
    found = {number: running(tmp_path, number) for number in range(WRITERS)}
    try:
        yield found
    finally:
        for writer in found.values():
            writer.kill()
            writer.wait()


def assert_killed_writers_lose_nothing(home: Path, writers: dict[int, subprocess.Popen[bytes]], kills: int) -> None:
    rng = np.random.default_rng(SEED)
    for kill in range(kills):
        grown(home, by=int(rng.integers(1, 12)))
        time.sleep(float(rng.uniform(0, 0.01)))
        number = kill % WRITERS
        writers[number].kill()
        writers[number].wait()
        writers[number] = running(home, number)
    for writer in writers.values():
        writer.kill()
        writer.wait()
    ledger, acknowledged = Ledger(home), told(home)
    ledger.append("look", {"study": "last"}, actor="ada", now=NOW)
    hashes = {entry.seq: entry.hash for entry in ledger.entries()}
    assert len(acknowledged) >= kills
    assert [pair for pair in acknowledged if hashes.get(pair[0]) != pair[1]] == []
    assert len({seq for seq, _ in acknowledged}) == len(acknowledged)
    assert first_fault(ledger.lines()) is None


def test_eight_kills_lose_nothing_acknowledged(tmp_path: Path, writers: dict[int, subprocess.Popen[bytes]]) -> None:
    assert_killed_writers_lose_nothing(tmp_path, writers, kills=8)


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_acknowledged(tmp_path: Path, writers: dict[int, subprocess.Popen[bytes]]) -> None:
    assert_killed_writers_lose_nothing(tmp_path, writers, kills=100)
    assert Ledger(tmp_path).torn.read_bytes().count(b"\n") > 0
