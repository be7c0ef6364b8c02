"""What a night concluded, for a person in a terminal or a script: verdicts, what stands failed, where the report is."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.governance.anchors import anchor_of
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.reviews import reviews_of
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.terminal import Cell, summary_rows, summary_table
from impact_pipeline.stages.portfolio import entries

if TYPE_CHECKING:
    from rich.table import Table


def conclude(
    catalog: Catalog, lake: Lake, standing: Sequence[Failed], faults: Sequence[Issue], *, as_json: bool,
    only: Collection[str] | None = None,
) -> None:  # fmt: skip
    """Print it; `only` limits the table to these studies. A kept log anchors the ledger by its newest entry."""
    listed = [entry for entry in entries(catalog, lake) if only is None or entry.study in only]
    report = lake.home / "reports" / "index.html"
    head = Ledger(lake.home).head()
    anchor = None if head is None else anchor_of(head)
    reviews = reviews_of(lake.home, catalog.reviews.values())
    if as_json:
        studies = summary_rows(listed, catalog, reviews)
        plain = {**_plain(studies, standing, faults, str(report)), "ledger": anchor and asdict(anchor)}
        _say(json.dumps(plain, indent=1, sort_keys=True))
        return
    _print_table(summary_table(listed, catalog, reviews))
    for failed in standing:
        _say(f"failed: {failed.asset} {failed.partition}: {failed.message}", sys.stderr)
    for fault in faults:
        _say(f"fault: {fault}", sys.stderr)
    if standing:
        _say("`impact failed` says what each holds up and how to redo it.", sys.stderr)
    if anchor is not None:
        _say(f"ledger: {anchor.line()}")
    _say(f"report: {report}")


def _say(line: str, stream: TextIO | None = None) -> None:
    (stream or sys.stdout).write(f"{line}\n")


def _print_table(table: Table) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)


def _plain(
    studies: Sequence[Mapping[str, Cell]], standing: Sequence[Failed], faults: Sequence[Issue], report: str
) -> dict[str, object]:
    failed = [{"asset": f.asset, "partition": f.partition, "error": f.error, "message": f.message} for f in standing]
    told = [{"file": i.file, "line": i.line, "field": i.field, "message": i.message} for i in faults]
    return {"studies": studies, "failed": failed, "faults": told, "report": report}
