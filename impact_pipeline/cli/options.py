"""What commands share: their options, the catalog of a home, and how they speak."""

from __future__ import annotations

import getpass
import json
import os
import pwd
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impact_pipeline.errors import InputError

if TYPE_CHECKING:
    from impact_pipeline.catalog.catalog import Catalog
    from impact_pipeline.stages.workspace import Workspace

OK, WRONG_INPUT, PARTLY_FAILED, INTERNAL = 0, 1, 2, 3
HOME_VARIABLE, ACTOR_VARIABLE = "IMPACT_HOME", "IMPACT_ACTOR"

Home = Annotated[Path, typer.Option("--home", envvar=HOME_VARIABLE, help="Folder that holds catalog/, raw/ and lake/.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
Threads = Annotated[int, typer.Option(min=1, max=256, help="Engine threads; results do not depend on it.")]
Actor = Annotated[
    str | None, typer.Option("--actor", envvar=ACTOR_VARIABLE, help="Who acts. Default: the user of the system.")
]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the ledger.")]
DEFAULT_HOME = Path("data")


def catalog_at(home: Path) -> Catalog:
    """The sound part of the home's catalog."""
    from impact_pipeline.catalog.load import read_sound_part

    folder = home / "catalog"
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the project's home with --home or IMPACT_HOME")
    return read_sound_part(folder)


def workspace_at(home: Path, threads: int) -> Workspace:
    """What stages work with, opened now."""
    from impact_pipeline.engines.duckdb import DuckDBEngine
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.workspace import Workspace, environment_of, generation_of

    place, now = home.resolve(), datetime.now(UTC)
    environ = environment_of(place, os.environ)
    return Workspace(catalog_at(home), Lake(place), DuckDBEngine(threads), environ, generation_of(now), now)


def day_of(text: str, option: str = "--date") -> date:
    """The day that an option names."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        raise InputError(f"{option} '{text[:40]}' is not a day; write it as 2026-03-20") from None


def named(actor: str | None) -> str:
    """The actor, or the user of the system."""
    if actor is not None:
        return actor
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return account_here()


def account_here() -> str:
    """The account of this process, as the kernel knows it; names in the environment do not count."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid:{os.getuid()}"


def tell(line: str) -> None:
    """Progress, on stderr."""
    typer.echo(line, err=True)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1, sort_keys=True))
