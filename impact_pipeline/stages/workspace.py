"""What every stage works with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import impact_pipeline
from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.engines.base import Engine
from impact_pipeline.governance.pseudonyms import KEY_VARIABLE
from impact_pipeline.lake.lake import Lake

DEMO_KEY_FILE = Path("raw") / "shop" / "demo_pseudonym.key"
"""Holds the demo's own key, which is no secret: its people do not exist."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """`generation` fences writes and sorts by time; `now` is the run's clock; `environ` holds the secrets.

    `simulated` is the time of a made-up world, by which its looks enter the ledger.
    """

    catalog: Catalog
    lake: Lake
    engine: Engine
    environ: Mapping[str, str] = field(repr=False)
    generation: str
    now: datetime
    simulated: datetime | None = None

    @property
    def home(self) -> Path:
        return self.lake.home

    @property
    def reports(self) -> Path:
        return self.home / "reports"


def generation_of(now: datetime) -> str:
    """A generation that sorts by time, to the microsecond."""
    return now.strftime("%Y%m%dT%H%M%S.%fZ")


def environment_of(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with, where it sets none, the key that the demo left beside its made-up people."""
    demo_key = home / DEMO_KEY_FILE
    given = {KEY_VARIABLE: demo_key.read_text().strip()} if demo_key.is_file() else {}
    return {**given, **environ}


@cache
def code_version() -> str:
    """The digest of the package's own source, recorded with every result."""
    root = Path(impact_pipeline.__file__).parent
    sources = sorted(path for suffix in ("py", "html", "css") for path in root.rglob(f"*.{suffix}"))
    marks = [f"{path.relative_to(root)}:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sources]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
