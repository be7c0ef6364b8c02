"""Dagster's unfinished features that the pinned version was tried with, so that loading does not warn of each use."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

ACCEPTED: tuple[tuple[str, type[Warning]], ...] = (
    ("Parameter `backfill_policy` of function", dg.BetaWarning),
    ("Parameter `allow_nonexistent_upstream_partitions` of initializer", dg.BetaWarning),
    ("Function `with_source_code_references`", dg.BetaWarning),
    ("Class `LocalFileCodeReference`", dg.BetaWarning),
    ("Class `CodeReferencesMetadataValue`", dg.BetaWarning),
    ("Specifying a partitions_def on an AssetCheckSpec", dg.PreviewWarning),
)


@contextmanager
def accepted_features() -> Iterator[None]:
    """Inside the block these features do not warn; any other one does."""
    with warnings.catch_warnings():
        for message, category in ACCEPTED:
            warnings.filterwarnings("ignore", message=re.escape(message), category=category)
        yield
