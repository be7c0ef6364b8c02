"""`impact unblind`: see a running study's direction before its planned look, on the record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from impact_pipeline.cli.options import DEFAULT_HOME, Actor, Home, Json, Reason, catalog_at, named, print_json


def unblind(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The study's name.")],
    reason: Reason,
    actor: Actor = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show a blinded study's direction before its planned look. Every report of it says who did so, when and why."""
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.unblinding import unblind as unblinded

    lake, now = Lake(home.resolve()), datetime.now(UTC)
    entry = unblinded(catalog_at(home), lake, study, reason, actor=named(actor), now=now)
    if as_json:
        print_json(entry.as_plain())
        return
    told = f"{study} unblinded at the look of {entry.payload['as_of']} (entry {entry.seq} of the ledger)"
    typer.echo(f"{told}; the next night renews its page, and so does `impact redo reports/site`")
