"""`impact erase`: a unit's rows and pseudonyms, out of everything that was made of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from impact_pipeline.cli.options import (
    DEFAULT_HOME,
    OK,
    PARTLY_FAILED,
    Actor,
    Home,
    Json,
    Reason,
    named,
    print_json,
    workspace_at,
)
from impact_pipeline.errors import InputError


def erase(
    entity: Annotated[str, typer.Option(help="What the ids identify, e.g. user.")],
    id_file: Annotated[str, typer.Option(help="A file with the unit's ids, one a line; '-' reads standard input.")],
    request: Annotated[str, typer.Option(help="The request's own number; it names nobody.")],
    reason: Reason,
    also: Annotated[
        list[Path] | None, typer.Option(help="A file or folder of exports to scan; may be repeated.")
    ] = None,
    actor: Actor = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Take a unit out of the lake, its history included, and scan every byte. Exit 2 names the files that hold it."""
    from impact_pipeline.stages import erase_told
    from impact_pipeline.stages.erase import erase
    from impact_pipeline.stages.erasure_request import Request

    asked = Request(request, entity, _ids(id_file), reason, named(actor), tuple(also or ()))
    erased = erase(workspace_at(home, 1), asked)
    if as_json:
        print_json(erase_told.as_plain(erased))
    else:
        typer.echo(erase_told.tell(erased))
    for fault in erase_told.faults(erased):
        typer.echo(fault, err=True)
    raise typer.Exit(OK if erased.whole else PARTLY_FAILED)


def _ids(place: str) -> tuple[str, ...]:
    """Lines without their ends; an id may begin or end with a blank."""
    try:
        content = sys.stdin.buffer.read() if place == "-" else Path(place).read_bytes()
        lines = content.decode().splitlines()
    except OSError as error:
        raise InputError(f"--id-file: cannot be read ({type(error).__name__}); name a file, or - for stdin") from None
    except UnicodeDecodeError:
        raise InputError("--id-file: is not UTF-8 text; write each id of the unit on a line of its own") from None
    return tuple(dict.fromkeys(line for line in lines if line))
