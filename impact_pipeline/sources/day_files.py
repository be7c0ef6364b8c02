"""Which files hold a day: found below a root that no link leaves, in order of name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from impact_pipeline.catalog.source import DAY_PLACEHOLDER, FileDataset
from impact_pipeline.errors import SourceError


def files_of_day(root: Path, dataset: FileDataset, day: date, origin: str) -> tuple[Path, ...]:
    """The data files of `day`, at least one; names that begin with '.' or '_' are not data.

    A path that names a folder stands for the files of the dataset's format directly inside it.
    """
    pattern = dataset.path.replace(DAY_PLACEHOLDER, day.isoformat())
    files = sorted(set(_matching(root, pattern, dataset.format)))
    if not files:
        raise SourceError(
            f"{origin} delivers nothing for {day}: no file matches {pattern}; deliver it, then run it again"
        )
    for file in files:
        _refuse_unfit(root, file, origin)
    return tuple(files)


def _matching(root: Path, pattern: str, suffix: str) -> Iterator[Path]:
    for path in root.glob(pattern.rstrip("/")):
        found = path.glob(f"*.{suffix}") if path.is_dir() else [path]
        yield from (file for file in found if file.name[0] not in "._" and not file.is_dir())


def _refuse_unfit(root: Path, file: Path, origin: str) -> None:
    name = file.relative_to(root)
    if not file.resolve().is_relative_to(root.resolve()):
        raise SourceError(f"{origin}: {name} is a link that leaves the source's root; put the file itself there")
    if not file.is_file():
        raise SourceError(f"{origin}: {name} is not a readable file; deliver it again")
    if file.stat().st_size == 0:
        raise SourceError(f"{origin}: {name} is empty (0 bytes); deliver it again")
