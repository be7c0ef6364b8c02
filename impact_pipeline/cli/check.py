"""`impact check`: what is wrong with the documents of a home, and what holds its studies up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from impact_pipeline.cli.options import DEFAULT_HOME, OK, WRONG_INPUT, Home, Json, catalog_at, print_json

if TYPE_CHECKING:
    from impact_pipeline.catalog.issues import Issue

RARE = ("review", "postmortem", "epoch")
"""Kinds of documents that are not counted where there are none."""


def check(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Validate every document of the catalog; report every fault at once, and what warns or holds studies up."""
    from impact_pipeline.catalog.load import FOLDERS
    from impact_pipeline.engines.installed import engine_installed
    from impact_pipeline.governance.access import access_told, policy_at
    from impact_pipeline.governance.access_faults import access_faults
    from impact_pipeline.governance.versions import version_warnings
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.first_look import announcements

    catalog, policy = catalog_at(home), policy_at(home)
    found = (*catalog.broken.values(), access_faults(policy, catalog, home))
    issues = sorted(issue for own in found for issue in own)
    warnings, access = version_warnings(home, catalog), access_told(policy)
    announced = announcements(catalog, Lake(home.resolve()), engine_installed())
    counts: dict[str, int] = {kind: len(catalog.of_kind(kind)) for kind in FOLDERS.values()}
    if as_json:
        told = {"issues": _located(issues), "warnings": _located(warnings), "engine": list(announced)}
        print_json({"sound": counts, **told, "access": access})
    else:
        for line in (*issues, *warnings, *announced):
            typer.echo(str(line), err=True)
        typer.echo(f"access: {access}")
        typer.echo(f"{home / 'catalog'}: {_summary(counts, len(issues), len(warnings))}")
    raise typer.Exit(WRONG_INPUT if issues else OK)


def _summary(counts: Mapping[str, int], faults: int, warnings: int) -> str:
    shown = ", ".join(_counted(n, kind) for kind, n in counts.items() if n or kind not in RARE)
    warned = f", {_counted(warnings, 'warning')}" if warnings else ""
    return f"{shown}; {_counted(faults, 'fault')}{warned}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}".replace("studys", "studies")


def _located(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    return [{"file": i.file, "line": i.line, "field": i.field, "message": i.message} for i in issues]
