"""`impact retain`: remove staged days that are past the time that their source keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from impact_pipeline.cli.options import DEFAULT_HOME, Home, Json, catalog_at, day_of, print_json


def retain(
    day: Annotated[str | None, typer.Option("--date", help="Count back from this day (UTC). Default: today.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Remove staged days older than `raw_days` of their source; trusted rows, and results, stay."""
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.retention import Retained, expired_days, retain

    today = datetime.now(UTC).date() if day is None else day_of(day)
    catalog, lake = catalog_at(home), Lake(home.resolve())
    with lake.maintenance.running():
        found = Retained(today, expired_days(catalog, lake, today)) if dry_run else retain(catalog, lake, today)
    if as_json:
        print_json(found.as_plain())
    else:
        typer.echo(str(found))
