"""Which files still hold a unit: every byte of every file, and every decoded value of Parquet files beside.

Pages of Parquet are compressed and encoded, so their bytes alone tell nothing; footers, logs, databases, pages of
reports and text are read as they are. In text an id counts as a word, in databases and other binary files wherever it
stands. Archives and encrypted files are not opened.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from impact_pipeline.lake.sought import Sought
from impact_pipeline.lake.unit_files import mentions

PARQUET = ".parquet"
SNIFFED = 4096
"""A file without a zero byte at its beginning is text."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """`left` are the files that hold the unit, `unread` those that could not be read."""

    files: int
    size: int
    left: tuple[Path, ...]
    unread: tuple[Path, ...]

    @property
    def clean(self) -> bool:
        return not self.left and not self.unread


def scanned(roots: Iterable[Path], sought: Sought, *, besides: Sequence[Path] = ()) -> Scanned:
    """Every file below the roots but those below `besides`; links are not followed."""
    paths = sorted({path for root in roots for path in _files(root) if not any(map(path.is_relative_to, besides))})
    left, unread, size = [], [], 0
    for path in paths:
        try:
            size += path.stat().st_size
            if _bytes_hold(path, sought) or (path.suffix == PARQUET and mentions(path, sought)):
                left.append(path)
        except FileNotFoundError:
            continue
        except (OSError, pa.ArrowException, ValueError):
            unread.append(path)
    return Scanned(len(paths), size, tuple(left), tuple(unread))


def _files(root: Path) -> Iterator[Path]:
    found = [root] if root.is_file() else root.rglob("*")
    yield from (path for path in found if path.is_file() and not path.is_symlink())


def _bytes_hold(path: Path, sought: Sought) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        words = path.suffix == PARQUET or content.find(b"\0", 0, SNIFFED) < 0
        return sought.in_bytes(content, words=words)
