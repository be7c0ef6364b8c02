"""The report site: a folder of self-contained HTML pages that needs no server, no script and no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.glossary import glossary
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.erasures import NO_ERASURES, Erasures
from impact_pipeline.governance.reviews import Review
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.sealed import sealed_page
from impact_pipeline.reports.lessons import lessons_of
from impact_pipeline.reports.look import DayFailure, Entry, failures, looks
from impact_pipeline.reports.pages import glossary_body, index_body, lessons_body, study_body, whole_page

STUDIES = "studies"
LESSONS, GLOSSARY = "lessons.html", "glossary.html"
CALIBRATION = "calibration.html"
"""The page of the calibration, which is written by its own stage and linked to where it is there."""


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """`digests` maps each page written to the digest of its body, which holds no clock; `digest` covers them all."""

    index: Path
    digests: Mapping[str, str]
    removed: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def digest(self) -> str:
        listed = "\n".join(f"{name} {digest}" for name, digest in sorted(self.digests.items()))
        return hashlib.sha256(listed.encode()).hexdigest()


def write_site(
    entries: Iterable[Entry],
    catalog: Catalog,
    folder: Path,
    *,
    generated_at: datetime,
    previous: Mapping[str, Scorecard] | None = None,
    days_failed: Sequence[DayFailure] = (),
    reviews: Sequence[Review] = (),
    erasures: Erasures = NO_ERASURES,
) -> SiteSummary:
    """Write a page for each scorecard whose plan is sound, remove those of studies that are gone, and write the rest.

    A study may come with a scorecard (its last good look) and failures of this night: its page says so.
    `previous` holds scorecards of earlier looks, against which restatements are told, but for what `erasures` took
    out; the index lists `days_failed`.
    `reviews` stand on the pages of their studies.
    """
    listed = tuple(entries)
    shown, failed = looks(listed, catalog, reviews), failures(listed)
    digests = {}
    for look in shown:
        own = [failure for failure in failed if failure.study == look.card.study]
        body = study_body(look, own, (previous or {}).get(look.card.study), erasures)
        name = f"{STUDIES}/{look.card.study}.html"
        digests[name] = write_page(folder / name, look.study.plan.title, body, generated_at)
    removed = _remove_gone(folder / STUDIES, catalog)
    pages = frozenset(path.stem for path in (folder / STUDIES).glob("*.html"))
    index = index_body(shown, failed, pages, days_failed, calibrated=(folder / CALIBRATION).is_file())
    digests["index.html"] = write_page(folder / "index.html", "Studies", index, generated_at)
    lessons, terms = lessons_body(lessons_of(catalog), pages), glossary_body(glossary(catalog), pages)
    digests[LESSONS] = write_page(folder / LESSONS, "Lessons", lessons, generated_at)
    digests[GLOSSARY] = write_page(folder / GLOSSARY, "Glossary", terms, generated_at)
    return SiteSummary(folder / "index.html", digests, removed, tuple(failure.study for failure in failed))


def write_page(path: Path, title: str, body: str, generated_at: datetime) -> str:
    """Write one page and return the digest of its body."""
    digest = hashlib.sha256(body.encode()).hexdigest()
    footer = f"Generated at {generated_at.isoformat(timespec='seconds')}. Content {digest[:16]}."
    write_atomically(path, sealed_page(whole_page(title, body, footer)))
    return digest


def _remove_gone(folder: Path, catalog: Catalog) -> tuple[str, ...]:
    """Remove pages of studies that are not in the catalog any more. A faulty plan keeps its last page."""
    gone = sorted(path for path in folder.glob("*.html") if path.stem not in catalog.studies)
    for path in gone:
        path.unlink()
    return tuple(path.stem for path in gone)
