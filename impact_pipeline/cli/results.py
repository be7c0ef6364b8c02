"""`impact replay`, `diff` and `verify`: is a stored result what its inputs give, and what moved between two."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from impact_pipeline.cli.options import (
    DEFAULT_HOME,
    OK,
    PARTLY_FAILED,
    Home,
    Json,
    Threads,
    catalog_at,
    print_json,
    workspace_at,
)

Result = Annotated[str, typer.Argument(help="A study, study@2026-03-20, or the id of a result (or its beginning).")]


def replay(
    result: Annotated[str | None, typer.Argument(help="A study, study@2026-03-20, or the id of a result.")] = None,
    every: Annotated[bool, typer.Option("--all", help="The current result of every study.")] = False,
    home: Home = DEFAULT_HOME,
    threads: Threads = 2,
    as_json: Json = False,
) -> None:
    """Recompute a result from its recorded inputs. Exit 2 names the first difference; nothing is written."""
    from impact_pipeline.stages.replay_told import replay_all, tell

    workspace = workspace_at(home, threads)
    with workspace.lake.maintenance.running():
        found = replay_all(workspace, result, every=every)
    if as_json:
        print_json([one.as_plain() for one in found])
    else:
        for one in found:
            typer.echo(tell(one))
    raise typer.Exit(OK if all(one.holds for one in found) else PARTLY_FAILED)


def verify(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Hold tables, staged days, results, pointers and signatures against what was recorded. Exit 2: some differ."""
    from impact_pipeline.engines.installed import engine_installed
    from impact_pipeline.governance.signing import signing_key
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.verify import verify as verified

    lake = Lake(home.resolve())
    with lake.maintenance.running():
        found = verified(lake, signing_key(os.environ), engine_installed())
    if as_json:
        print_json(found.as_plain())
    else:
        for fault in found.faults:
            typer.echo(f"changed: {fault}", err=True)
        for remark in found.remarks:
            typer.echo(f"note: {remark}", err=True)
        typer.echo(str(found))
    raise typer.Exit(OK if found.holds else PARTLY_FAILED)


def diff(a: Result, b: Result, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """What differs between two results, field by field and cell by cell, and what it may come from."""
    from impact_pipeline.engines.duckdb import DuckDBEngine
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.result_diff import compare
    from impact_pipeline.stages.unblinding import refuse_blinded

    catalog, lake = catalog_at(home), Lake(home.resolve())
    refuse_blinded(catalog, lake, a, b)
    found = compare(catalog, lake, DuckDBEngine(), a, b)
    if as_json:
        print_json(found.as_plain())
    else:
        typer.echo(found.as_text())
