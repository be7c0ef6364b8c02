"""`impact postmortem`, `lessons` and `glossary`: what was learnt, and what names mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact_pipeline.cli.options import DEFAULT_HOME, Home, Json, catalog_at, print_json, tell
from impact_pipeline.errors import InputError

Study = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name.")]


def postmortem(
    study: Study,
    out: Annotated[Path | None, typer.Option(help="Write it to this file; one that was changed by hand stays.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """A study's record in Markdown, with the words that people put into catalog/postmortems/STUDY.yaml."""
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.reports import postmortem as page
    from impact_pipeline.stages.postmortem import begin_document, record_of, write_postmortem

    known, lake = catalog_at(home).study(study), Lake(home.resolve())
    if out is None:
        typer.echo(page.postmortem(record_of(known, lake)), nl=False)
    else:
        write_postmortem(known, lake, out)
        typer.echo(f"{out} written")
    begun = begin_document(known)
    if begun is not None:
        tell(f"{begun} written, with empty places for surprises, root causes, lessons and actions: complete it")


def lessons(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]...", help="What to look for.")] = None,
    model: Annotated[str | None, typer.Option(help="Only of studies of this model.")] = None,
    metric: Annotated[str | None, typer.Option(help="Only of studies that read this metric.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """What studies taught, best match first; with words, the reasons of verdicts are searched too."""
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.reports.lessons import lessons_of, search
    from impact_pipeline.stages.portfolio import scorecards

    catalog = catalog_at(home)
    for option, name, known in (("--model", model, catalog.models), ("--metric", metric, catalog.metrics)):
        if name is not None and name not in known:
            raise InputError(f"{option} '{name[:60]}' is not in the catalog; it has {', '.join(known) or 'none'}")
    cards = scorecards(catalog, Lake(home.resolve())) if words else ()
    found = search(lessons_of(catalog, cards), words or (), model, metric)
    if as_json:
        print_json([one.as_plain() for one in found])
        return
    for one in found:
        typer.echo(one.as_line())
    if not found:
        typer.echo("no lesson matches" if words else "no lesson is written yet; see `impact postmortem`")


def glossary(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One name; all without it.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """What metrics, features, facts, models and contracts mean, who answers for them, and who uses them."""
    from impact_pipeline.catalog.glossary import glossary as all_terms
    from impact_pipeline.catalog.glossary import terms_named
    from impact_pipeline.reports.glossary import in_full, lines

    catalog = catalog_at(home)
    terms = all_terms(catalog) if name is None else terms_named(catalog, name)
    if as_json:
        print_json([term.as_plain() for term in terms])
        return
    for line in lines(terms) if name is None else (line for term in terms for line in in_full(term)):
        typer.echo(line)
