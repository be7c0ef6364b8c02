"""`impact plan ...`: the life of a plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impact_pipeline.cli.options import (
    DEFAULT_HOME,
    OK,
    WRONG_INPUT,
    Actor,
    Home,
    Json,
    Reason,
    Threads,
    catalog_at,
    day_of,
    named,
    print_json,
    tell,
)
from impact_pipeline.errors import InputError

if TYPE_CHECKING:
    from impact_pipeline.catalog.catalog import Study
    from impact_pipeline.governance.registration import Registry

plan_app = typer.Typer(help="The life of a plan.", no_args_is_help=True)

LOOK_HOUR = 6.0
"""Hours after a day's end (UTC) at which the schedule looks at studies."""

Name = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name.")]


@plan_app.command()
def power(
    study: Annotated[str, typer.Argument(help="The study, whose plan need not be registered yet.")],
    days: Annotated[int, typer.Option(min=1, max=730, help="Days of history to read, at most.")] = 28,
    population: Annotated[
        str | None, typer.Option(help="A fact; units with a row of it stand for the study's. Default: any exposure.")
    ] = None,
    chart: Annotated[Path | None, typer.Option(help="Draw the least effects by weeks to this PNG or SVG file.")] = None,
    home: Home = DEFAULT_HOME,
    threads: Threads = 2,
    as_json: Json = False,
) -> None:
    """What a study will be able to show, and what its rule will decide, from the past in the lake."""
    from impact_pipeline.engines.duckdb import DuckDBEngine
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.planning.tell import tell_power

    planned = catalog_at(home).study(study)
    tell_power(
        planned, Lake(home.resolve()), DuckDBEngine(threads=threads), days=days, fact=population, chart=chart,
        as_json=as_json,
    )  # fmt: skip


@plan_app.command()
def new(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The new study's name.")],
    design: Annotated[str, typer.Option(help="How units come to their arms, such as randomized.")],
    area: Annotated[str, typer.Option(help="The product area; its models and earlier plans fill the document.")],
    starts: Annotated[str | None, typer.Option(help="The first day of exposure. Default: in a week.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Write a first document, to be completed by hand; `impact check` says what is missing."""
    from impact_pipeline.planning.template import template

    first = day_of(starts, "--starts") if starts else datetime.now(UTC).date() + timedelta(days=7)
    text = template(catalog_at(home), study, design=design, area=area, starts=first)
    path = home / "catalog" / "studies" / f"{study}.yaml"
    if path.exists():
        raise InputError(f"{path} is there already; edit it, or choose another name")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(f"{path} written: complete it, then `impact check` and `impact plan lint {study}`")


@plan_app.command()
def lint(study: Name, home: Home = DEFAULT_HOME, threads: Threads = 2, as_json: Json = False) -> None:
    """Would the rule ever fire, can guardrails be judged with this traffic, are data there? Exit 1 at a fault."""
    from impact_pipeline.engines.duckdb import DuckDBEngine
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.planning.lint import lint as linted

    engine = DuckDBEngine(threads=threads)
    remarks = linted(catalog_at(home).study(study), lake=Lake(home.resolve()), engine=engine, look_hour=LOOK_HOUR)
    if as_json:
        print_json([remark.as_plain() for remark in remarks])
    else:
        for remark in remarks:
            typer.echo(str(remark))
        if not remarks:
            typer.echo(f"{study}: nothing stands against the plan")
    raise typer.Exit(WRONG_INPUT if any(remark.level == "fault" for remark in remarks) else OK)


@plan_app.command()
def register(study: Name, reason: Reason, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Bind the plan and every document that it names, before its outcomes are read."""
    from impact_pipeline.governance.standing import too_late

    registered = catalog_at(home).study(study)
    entry = _registry(home, actor).register(registered, reason)
    needed = ", ".join(entry.payload["needed"])
    then = f"; approvals still needed: {needed} (`impact plan approve {study} --role ...`)" if needed else ""
    typer.echo(f"{study} registered as {entry.payload['digest']} (entry {entry.seq} of the ledger){then}")
    began = _effect_start(home, registered)
    if too_late(entry, began):
        told = f"registered on {entry.day}, after it began on {began}: its verdicts will be exploratory"
        typer.echo(f"warning: {study} was {told}; to decide, register a plan for a new study", err=True)
    if began is None:
        told = "its change takes effect with its first treated contact, and none is published yet"
        typer.echo(f"note: {study}: {told}; the first look says whether it was registered in time", err=True)


@plan_app.command()
def approve(
    study: Name,
    role: Annotated[Literal["reviewer", "ethics", "privacy"], typer.Option(help="In which role.")],
    reason: Reason = "",
    actor: Actor = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Sign off a registered plan."""
    entry = _registry(home, actor).approve(catalog_at(home).study(study), role, reason)
    typer.echo(f"{study}: {entry.payload['approval']} approved by {entry.actor} (entry {entry.seq})")


@plan_app.command()
def amend(study: Name, reason: Reason, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Bind the documents as they are now; what changed is kept, and told on every report after."""
    entry, changes = _registry(home, actor).amend(catalog_at(home).study(study), reason)
    for change in changes:
        typer.echo(change.as_line())
    typer.echo(f"{study} amended to {entry.payload['digest']} (entry {entry.seq})")


@plan_app.command()
def diff(
    study: Name,
    against: Annotated[int | None, typer.Option(help="The entry of an older registration or amendment.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """What differs from what was registered, by meaning: data, statistic or display."""
    from impact_pipeline.governance.registration import differences

    found = differences(home, catalog_at(home).study(study), against)
    if as_json:
        print_json([change.as_plain() for change in found])
        return
    for change in found:
        typer.echo(change.as_line())
    if not found:
        typer.echo(f"{study} is what was registered")


@plan_app.command()
def close(study: Name, reason: Reason, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """End a plan that has its verdict; no night looks at it again."""
    entry = _registry(home, actor).close(study, reason)
    typer.echo(f"{study} closed (entry {entry.seq})")


@plan_app.command()
def abandon(study: Name, reason: Reason, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Give up a plan before its verdict; it stays on the record."""
    entry = _registry(home, actor).abandon(study, reason)
    typer.echo(f"{study} abandoned (entry {entry.seq})")


@plan_app.command("accept-engine")
def accept_engine(study: Name, reason: Reason, actor: Actor = None, home: Home = DEFAULT_HOME) -> None:
    """Let a running study go on with the engine that is installed, which is not the one it began on."""
    from impact_pipeline.engines.installed import engine_installed
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.first_look import accept

    planned, lake, engine = catalog_at(home).study(study), Lake(home.resolve()), engine_installed()
    entry = accept(planned, lake, engine, reason=reason, actor=named(actor), now=datetime.now(UTC))
    typer.echo(f"{study} goes on with {engine} (entry {entry.seq}); every report from now on says so")


@plan_app.command()
def status(
    study: Annotated[str | None, typer.Argument(metavar="[STUDY]", help="One study; all without it.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Where plans stand by the ledger, and whether a verdict would count."""
    from impact_pipeline.governance.access import access_told, policy_at
    from impact_pipeline.governance.standing import status_of

    catalog = catalog_at(home)
    tell(f"access: {access_told(policy_at(home))}")
    studies = [catalog.study(name) for name in ([study] if study else sorted(catalog.plans))]
    found = [status_of(one, home, _effect_start(home, one)) for one in studies]
    if as_json:
        print_json([status.as_plain() for status in found])
        return
    for one in found:
        typer.echo(str(one))


def _effect_start(home: Path, study: Study) -> date | None:
    from impact_pipeline.engines.duckdb import DuckDBEngine
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.effect_start import effect_start

    return effect_start(study, Lake(home.resolve()), DuckDBEngine())


def _registry(home: Path, actor: str | None) -> Registry:
    from impact_pipeline.governance.registration import Registry

    return Registry(home, named(actor), datetime.now(UTC))
