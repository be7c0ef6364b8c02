"""What the lake, the ledger and the catalog hold of one study, for its postmortem."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.postmortem import empty_postmortem
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.reviews import reviews_of
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.lake.stored import stored_results, value_of
from impact_pipeline.reports.look import DayFailure, StudyFailure
from impact_pipeline.reports.postmortem import StudyRecord, postmortem, untouched
from impact_pipeline.stages.readers import Readers
from impact_pipeline.stages.unblinding import refuse_blinded


def record_of(study: Study, lake: Lake) -> StudyRecord:
    """Everything that stands recorded of a study; raises `InputError` while its direction is withheld."""
    if lake.results.pointer(study.name, SCORECARD):
        refuse_blinded(study.catalog, lake, study.name)
    catalog, entries = study.catalog, Ledger(lake.home).entries(study.name)
    reviews = reviews_of(lake.home, catalog.reviews.values(), study.name)
    words = catalog.postmortems.get(study.name)
    return StudyRecord(study, entries, _cards(study, lake, entries), tuple(_failures(study, lake)), reviews, words)


def write_postmortem(study: Study, lake: Lake, out: Path) -> None:
    """Write it to `out`, over an earlier one that nobody changed; raises `InputError` before it would lose words."""
    if out.exists() and not (out.is_file() and untouched(out.read_bytes().decode(errors="replace"))):
        told = f"{out} was changed by hand, or is no postmortem, and is not written over"
        raise InputError(
            f"{told}; move its words to {document_path(study.catalog, study.name)}, or choose another file"
        )
    write_atomically(out, postmortem(record_of(study, lake)).encode())


def begin_document(study: Study) -> Path | None:
    """Write the empty document for people's words; None where there is one, sound or not."""
    path = document_path(study.catalog, study.name)
    if ("postmortem", study.name) in study.catalog.origins or path.exists():
        return None
    path.parent.mkdir(exist_ok=True)
    path.write_text(empty_postmortem(study.name, study.plan.owner), encoding="utf-8")
    return path


def document_path(catalog: Catalog, study: str) -> Path:
    return catalog.root / "postmortems" / f"{study}.yaml"


def _cards(study: Study, lake: Lake, entries: tuple[Entry, ...]) -> tuple[Scorecard, ...]:
    """As readers of the newest may see them, in the order in which verdicts were recorded."""
    order = {entry.payload["result_id"]: entry.seq for entry in entries if entry.event == "verdict"}
    stored = (value_of(one, Scorecard) for one in stored_results(lake, SCORECARD, study.name))
    cards = sorted(stored, key=lambda card: (order.get(card.provenance.result_id, -1), card.as_of))
    if not cards:
        return ()
    readers = Readers.of(study.catalog, lake)
    newest = readers.card(cards[-1], study)
    return (*(readers.earlier(card, newest) for card in cards[:-1]), newest)


def _failures(study: Study, lake: Lake) -> Iterator[StudyFailure | DayFailure]:
    """What stands failed of the study, and days of the datasets that it reads."""
    for failed in lake.failures.all():
        if failed.asset.startswith("study/") and failed.partition == study.name:
            yield StudyFailure(study.name, failed.asset, failed.message)
        if failed.asset.partition("/")[2] in study.datasets:
            yield DayFailure(failed.asset, failed.partition, failed.message)
