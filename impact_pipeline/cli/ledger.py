"""`impact ledger ...`: is it the one that was written, what stands in it, where it is anchored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact_pipeline.cli.options import DEFAULT_HOME, OK, WRONG_INPUT, Home, Json, print_json
from impact_pipeline.errors import InputError

ledger_app = typer.Typer(help="The record of decisions: append-only and hash-chained.", no_args_is_help=True)

Study = Annotated[str | None, typer.Option(help="Entries of this study alone.")]
Repository = Annotated[Path, typer.Option(help="The git repository that holds the tags.")]


@ledger_app.command()
def verify(
    anchors: Annotated[list[str] | None, typer.Option(help="A file or URL of anchors; may be repeated.")] = None,
    git_tag: Annotated[list[str] | None, typer.Option(help="Tags of anchors, by pattern; may be repeated.")] = None,
    repository: Repository = Path(),
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Whether chain, registered documents and anchors hold. Exit 1 names the first fault by its line."""
    from impact_pipeline.governance.examination import examined
    from impact_pipeline.governance.ledger import Ledger
    from impact_pipeline.sinks.anchor_places import anchors_at, anchors_of_tags

    found = [anchor for place in anchors or () for anchor in anchors_at(place)]
    found += [anchor for pattern in git_tag or () for anchor in anchors_of_tags(pattern, repository)]
    result = examined(Ledger(home), found)
    if as_json:
        print_json(result.as_plain())
    else:
        typer.echo(str(result), err=result.fault is not None)
    raise typer.Exit(OK if result.fault is None else WRONG_INPUT)


@ledger_app.command()
def anchor(
    file: Annotated[Path | None, typer.Option(help="Append the anchor to this file.")] = None,
    git_tag: Annotated[str | None, typer.Option(help="Keep it in an annotated tag of this name; push the tag.")] = None,
    url: Annotated[str | None, typer.Option(help="POST it as JSON to this endpoint.")] = None,
    repository: Repository = Path(),
    home: Home = DEFAULT_HOME,
) -> None:
    """Keep (seq, hash) of the newest entry outside, where whoever rewrites the ledger cannot."""
    from impact_pipeline.governance.anchors import anchor_of
    from impact_pipeline.governance.examination import examined
    from impact_pipeline.governance.ledger import Ledger
    from impact_pipeline.sinks import anchor_places

    if file is None and git_tag is None and url is None:
        raise InputError("name where to keep the anchor: --file F, --git-tag T or --url U")
    ledger = Ledger(home)
    state = examined(ledger, ())
    if state.fault is not None:
        raise InputError(f"a ledger with a fault is not anchored: {state.fault}")
    made = anchor_of(ledger.head())
    if file is not None:
        anchor_places.add_to_file(made, file)
    if git_tag is not None:
        anchor_places.tag(made, git_tag, repository)
    if url is not None:
        anchor_places.post(made, url)
    typer.echo(made.line())


@ledger_app.command()
def export(
    csv: Annotated[bool, typer.Option("--csv", help="One row an entry.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A list of entries (the default).")] = False,
    study: Study = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """All entries on stdout, as JSON or CSV."""
    from impact_pipeline.governance import ledger_export
    from impact_pipeline.governance.ledger import Ledger

    if csv and as_json:
        raise InputError("an export is either --csv or --json")
    entries = Ledger(home).entries(study)
    text = ledger_export.as_csv(entries) if csv else ledger_export.as_json(entries)
    typer.echo(text, nl=not csv)


@ledger_app.command()
def show(study: Study = None, home: Home = DEFAULT_HOME) -> None:
    """One line an entry: who did what to which study when, and why."""
    from impact_pipeline.governance.ledger import Ledger
    from impact_pipeline.governance.ledger_export import as_line

    entries = Ledger(home).entries(study)
    for entry in entries:
        typer.echo(as_line(entry))
    if not entries:
        typer.echo("the ledger holds no entry" + (f" of study '{study}'" if study else ""))
