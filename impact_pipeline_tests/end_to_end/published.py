"""A home of some of the bundled published studies, whose data come whole on one night."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.catalog.reached import reached
from impact_pipeline_tests.end_to_end.company import ROOT
from impact_pipeline_tests.registered import register_all

NIGHT = date(2026, 3, 2)
STUDIES = ("college_proximity", "minimum_wage", "tobacco_series")
"""A cross-section, a panel and a series."""


def write_published(home: Path) -> Path:
    """Their documents and what these rest on; registered before the data come."""
    for file in sorted(set(_files())):
        target = home / "catalog" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "data" / "catalog" / file, target)
    _deliver_only(home / "catalog" / "sources" / "published_studies.yaml", home / "catalog" / "contracts")
    shutil.copytree(ROOT / "data" / "raw" / "published_studies", home / "raw" / "published_studies")
    register_all(home, at=datetime(2026, 3, 1, 6, tzinfo=UTC))
    return home


def _deliver_only(source: Path, contracts: Path) -> None:
    known = {path.stem for path in contracts.glob("*.yaml")}
    listed = source.read_text().splitlines()
    source.write_text("\n".join(x for x in listed if "{format:" not in x or x.split(":")[0].strip() in known) + "\n")


def _files() -> Iterator[str]:
    catalog = read_catalog(ROOT / "data" / "catalog")
    for name in STUDIES:
        yield from (catalog.origins[key].file for key in reached(catalog.study(name)))
