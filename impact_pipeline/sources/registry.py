"""The kinds of source. A new kind is a document in the catalog, a class here, and one line in `OPENERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.source import DatabaseSource, FilesSource
from impact_pipeline.errors import InputError
from impact_pipeline.sources.base import Source
from impact_pipeline.sources.database import Database
from impact_pipeline.sources.files import Files

Opener = Callable[[Any, Path, Mapping[str, str]], Source]

OPENERS: Mapping[str, Opener] = {
    "database": lambda document, home, environ: Database(document, home, environ),
    "files": lambda document, home, environ: Files(document, home),
}


def open_source(
    document: DatabaseSource | FilesSource,
    home: Path,
    environ: Mapping[str, str],
    openers: Mapping[str, Opener] = OPENERS,
) -> Source:
    """The source a document describes. Nothing is connected or opened before it is read."""
    if document.type not in openers:
        known = ", ".join(f"'{type_}'" for type_ in sorted(openers))
        raise InputError(f"source '{document.name}': type '{document.type}' is not one of {known}; use one of these")
    return openers[document.type](document, home, environ)
