"""`impact review ...`: comments, challenges and requests on results, and their answers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact_pipeline.cli.options import DEFAULT_HOME, Actor, Home, Json, catalog_at, named, print_json

if TYPE_CHECKING:
    from impact_pipeline.catalog.review import ReviewKind
    from impact_pipeline.governance.reviewing import Reviewer

review_app = typer.Typer(help="What people say of results, answered or open.", no_args_is_help=True)

Result = Annotated[str, typer.Argument(help="A study, study@2026-03-20, or the id of a result (or its beginning).")]
Text = Annotated[str, typer.Option(help="What is said; plain text, at most 4,000 characters.")]


@review_app.command()
def comment(result: Result, text: Text, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Note something about a result; it asks for no answer."""
    _say("comment", result, text, actor, home)


@review_app.command()
def challenge(result: Result, text: Text, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Doubt a result: it is told at the top of the study's page until somebody answers, and changes no verdict."""
    _say("challenge", result, text, actor, home)


@review_app.command()
def request(result: Result, text: Text, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Ask for further analysis of a result."""
    _say("request", result, text, actor, home)


@review_app.command()
def answer(
    review: Annotated[str, typer.Argument(metavar="N", help="The review's id, or its beginning.")],
    text: Text,
    actor: Actor = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Answer a review, whether it was written by command or as a document."""
    from impact_pipeline.governance.reviews import find_review, reviews_of

    about = find_review(reviews_of(home, catalog_at(home).reviews.values()), review)
    given = _reviewer(home, actor).answer(about, text)
    typer.echo(f"{about.kind} {about.id} of {about.study} answered by {given.author}")


@review_app.command("list")
def listed(
    study: Annotated[str | None, typer.Argument(metavar="[STUDY]", help="One study; all without it.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Those that wait for an answer.")] = False,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Every review with its answers, those of the ledger and those of the catalog alike."""
    from impact_pipeline.governance.reviews import reviews_of
    from impact_pipeline.reports.reviews import lines

    catalog = catalog_at(home)
    if study is not None and study not in catalog.studies:
        catalog.study(study)
    found = [one for one in reviews_of(home, catalog.reviews.values(), study) if one.open or not only_open]
    if as_json:
        print_json([one.as_plain() for one in found])
        return
    for line in lines(found):
        typer.echo(line)
    if not found:
        typer.echo(f"no {'open ' if only_open else ''}review{f' of {study}' if study else ''}")


def _say(kind: ReviewKind, result: str, text: str, actor: str | None, home: Path) -> None:
    said = _reviewer(home, actor).say(kind, result, text)
    typer.echo(f"{kind} {said.id} on {said.study} of {said.as_of}, result {said.result_id[:16]} ({said.place})")


def _reviewer(home: Path, actor: str | None) -> Reviewer:
    from impact_pipeline.governance.reviewing import Reviewer

    return Reviewer(home, named(actor), datetime.now(UTC))
