"""The ledger: append-only, hash-chained JSON lines, on disk before the caller is told.

Writers of one machine take turns by a lock beside the file, which the kernel frees when its owner is killed. What a
killed writer left of a line was acknowledged to nobody: the next writer moves it to `<ledger>.torn`. Not for network
file systems, where locks and appends differ.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.identity import canonical
from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.governance.entries import EVENT_ID, Entry, chained, read_entry
from impact_pipeline.lake.files import locked, sync_directory

LONGEST_LINE = 1 << 20
_WINDOW = 1 << 16


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one home, in `<home>/ledger/ledger.jsonl`."""

    home: Path

    @property
    def path(self) -> Path:
        return self.home / "ledger" / "ledger.jsonl"

    @property
    def torn(self) -> Path:
        """Where half lines of killed writers are kept."""
        return self.path.with_name(f"{self.path.name}.torn")

    def append(self, event: str, payload: Mapping[str, Any], *, actor: str, now: datetime, event_id: str = "") -> Entry:
        """Write one entry, durable on return; see `LedgerWriter.append`."""
        with self.alone() as writer:
            return writer.append(event, payload, actor=actor, now=now, event_id=event_id)

    @contextmanager
    def alone(self) -> Iterator[LedgerWriter]:
        """The only writer while the block lasts: what it reads stays true until it appends."""
        with locked(self.path.with_name(f"{self.path.name}.lock")):
            descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o640)
            try:
                yield LedgerWriter(self, descriptor)
            finally:
                os.close(descriptor)

    def lines(self) -> list[bytes]:
        """Whole lines without their ends; what follows the last line end was never acknowledged."""
        content = self.path.read_bytes() if self.path.exists() else b""
        return content.split(b"\n")[:-1]

    def entries(self, study: str | None = None) -> tuple[Entry, ...]:
        """Entries in order, of one study or all; raises `LakeError` at a line that is none."""
        marker = b"" if study is None else canonical({"study": study})[1:-1]
        found = [(number, read_entry(line)) for number, line in enumerate(self.lines(), 1) if marker in line]
        for number, entry in found:
            if entry is None:
                raise LakeError(
                    f"{self.path.name}:{number}: not an entry as it was written; run `impact ledger verify`"
                )
        return tuple(e for _, e in found if e is not None and study in (None, e.study))

    def newest(self, event: str) -> Entry | None:
        """The newest entry of an event, looked for from the end; raises `LakeError` at a line that was changed."""
        marker = canonical({"event": event})[1:-1]
        if not self.path.exists() or not self.path.stat().st_size:
            return None
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
            ends = content.rfind(b"\n") + 1
            while (place := content.rfind(marker, 0, ends)) >= 0:
                begins = content.rfind(b"\n", 0, place) + 1
                entry = read_entry(content[begins : content.find(b"\n", place)])
                if entry is None:
                    raise LakeError(f"{self.path.name}: an entry was changed; run `impact ledger verify`")
                if entry.event == event:
                    return entry
                ends = begins
        return None

    def of_events(self, *events: str) -> tuple[Entry, ...]:
        """Entries of these events in order, found without parsing the others; changed lines are passed over."""
        markers = [canonical({"event": event})[1:-1] for event in events]
        found = (read_entry(line) for line in self.lines() if any(marker in line for marker in markers))
        return tuple(entry for entry in found if entry is not None and entry.event in events)

    def head(self) -> Entry | None:
        """The newest entry."""
        lines = self.lines()
        return read_entry(lines[-1]) if lines else None


class LedgerWriter:
    """Appends while nobody else does. Made by `Ledger.alone`."""

    def __init__(self, ledger: Ledger, descriptor: int) -> None:
        self._ledger, self._descriptor = ledger, descriptor
        self._end, self._last = self._mended()

    def entries(self, study: str | None = None) -> tuple[Entry, ...]:
        return self._ledger.entries(study)

    def append(self, event: str, payload: Mapping[str, Any], *, actor: str, now: datetime, event_id: str = "") -> Entry:
        """Write one entry; it is on disk on return. An event whose id is there already is not written again."""
        if not actor.strip():
            raise InputError("an entry of the ledger needs an actor; name one with --actor")
        known = self._known(event_id) if event_id else None
        if known is not None:
            return known
        named = {**payload, EVENT_ID: event_id} if event_id else payload
        entry = chained(self._last, event, named, actor=actor, now=now)
        self._write(entry.line())
        self._last = entry
        return entry

    def _write(self, line: bytes) -> None:
        if len(line) > LONGEST_LINE:
            raise InputError(f"an entry of the ledger takes {len(line):,} bytes; at most {LONGEST_LINE:,} are allowed")
        if os.write(self._descriptor, line) != len(line):
            os.ftruncate(self._descriptor, self._end)
            raise LakeError("the ledger could not be written to its end: is the disk full?")
        os.fsync(self._descriptor)
        if self._end == 0:
            for folder in self._ledger.path.parents[:2]:
                sync_directory(folder)
        self._end += len(line)

    def _known(self, event_id: str) -> Entry | None:
        marker = canonical({EVENT_ID: event_id})[1:-1]
        if self._end == 0:
            return None
        with mmap.mmap(self._descriptor, self._end, prot=mmap.PROT_READ) as content:
            place = content.find(marker)
            while place >= 0:
                ends = content.find(b"\n", place)
                entry = read_entry(content[content.rfind(b"\n", 0, place) + 1 : ends])
                if entry is not None and entry.payload.get(EVENT_ID) == event_id:
                    return entry
                place = content.find(marker, ends)
        return None

    def _mended(self) -> tuple[int, Entry | None]:
        """Where whole lines end and the last of them, once a half line has been moved away."""
        size = os.fstat(self._descriptor).st_size
        window = _WINDOW
        while True:
            tail = os.pread(self._descriptor, min(size, window), max(0, size - window))
            if window >= size or tail.count(b"\n") > 1:
                break
            window *= 2
        whole, line_end, torn = tail.rpartition(b"\n")
        if torn:
            self._move_away(torn, size)
        if not line_end:
            return 0, None
        last = read_entry(whole.rpartition(b"\n")[2])
        if last is None:
            raise LakeError(f"{self._ledger.path.name}: the last line was changed; run `impact ledger verify`")
        return size - len(torn), last

    def _move_away(self, torn: bytes, size: int) -> None:
        with self._ledger.torn.open("ab") as kept:
            kept.write(torn + b"\n")
            kept.flush()
            os.fsync(kept.fileno())
        os.ftruncate(self._descriptor, size - len(torn))
