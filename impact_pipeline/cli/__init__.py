"""`impact ...`: the command line. Exit codes: 0 done, 1 wrong input, 2 part of the work failed, 3 internal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impact_pipeline.cli.check import check
from impact_pipeline.cli.erase import erase
from impact_pipeline.cli.gate import GatedGroup
from impact_pipeline.cli.ledger import ledger_app
from impact_pipeline.cli.options import (
    DEFAULT_HOME,
    INTERNAL,
    OK,
    PARTLY_FAILED,
    WRONG_INPUT,
    Home,
    Json,
    Threads,
    catalog_at,
    day_of,
    print_json,
    tell,
)
from impact_pipeline.cli.plan import plan_app
from impact_pipeline.cli.records import glossary, lessons, postmortem
from impact_pipeline.cli.results import diff, replay, verify
from impact_pipeline.cli.retain import retain
from impact_pipeline.cli.review import review_app
from impact_pipeline.cli.unblind import unblind
from impact_pipeline.errors import ImpactError, InputError

if TYPE_CHECKING:
    from impact_pipeline.catalog.catalog import Catalog

app = typer.Typer(
    cls=GatedGroup, help="What each change of a machine-learning model did to the business and to its users.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip

app.add_typer(plan_app, name="plan")
app.add_typer(ledger_app, name="ledger")
app.add_typer(review_app, name="review")
for command in (check, replay, diff, verify, unblind, postmortem, lessons, glossary, erase, retain):
    app.command()(command)


@app.command()
def nightly(
    day: Annotated[str, typer.Option("--date", help="The data day (UTC) to process, e.g. 2026-03-20.")],
    home: Home = DEFAULT_HOME,
    threads: Threads = 2,
    as_json: Json = False,
) -> None:
    """One night through Dagster: the day's data, then every study due. Exit 2 names what failed; the rest is done."""
    from impact_pipeline.defs.night import operating

    on = day_of(day)
    with operating(home.resolve(), threads=threads, tell=tell) as operator:
        night = operator.night(on)
        _conclude(operator.catalog, home, night.failed, as_json, shown=night.studies)


@app.command()
def demo(home: Home = DEFAULT_HOME, threads: Threads = 2, as_json: Json = False) -> None:
    """Make the synthetic company, run the bundled studies' nights, print the verdicts and the report's path."""
    from impact_pipeline.defs.demo import run_demo

    catalog, failed = run_demo(home.resolve(), threads=threads, tell=tell)
    _conclude(catalog, home, failed, as_json)


@app.command()
def analyze(
    specification: Annotated[Path | None, typer.Argument(help="What to analyze, a YAML document.")] = None,
    data: Annotated[Path | None, typer.Option(help="A CSV, TSV, JSON lines or Parquet file.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Draw the comparisons to this .png or .svg file.")] = None,
    unit_effects: Annotated[
        Path | None, typer.Option(help="Write exploratory effects of single units to this .csv or .parquet file.")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="Draw the pictures of a causal design to this folder.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schemas of document and answer.")] = False,
    threads: Threads = 2,
    as_json: Json = False,
) -> None:
    """One design on one file, with the estimators of the pipeline and without its stages."""
    if schema:
        from impact_pipeline.analysis.schemas import schemas

        typer.echo(schemas())
        return
    if specification is None:
        raise InputError("name a specification, a YAML document: impact analyze SPEC.yaml --data FILE")
    _analyze(specification, data, chart, pictures, unit_effects, threads, as_json)


def _analyze(
    specification: Path,
    data: Path | None,
    chart: Path | None,
    pictures: Path | None,
    unit_effects: Path | None,
    threads: int,
    as_json: bool,
) -> None:
    from impact_pipeline.analysis.analyze import analyze_file
    from impact_pipeline.analysis.document import read_specification
    from impact_pipeline.engines.duckdb import DuckDBEngine

    asked = read_specification(specification)
    answer = analyze_file(asked, specification, data, DuckDBEngine(threads=threads), unit_effects)
    if pictures is not None:
        from impact_pipeline.analysis.pictures import write_pictures

        write_pictures(answer, pictures)
    if chart is not None:
        from impact_pipeline.analysis.chart import write_chart

        write_chart(answer, chart, higher_is_better=[m.name for m in asked.metrics if m.better == "higher"])
    if as_json:
        typer.echo(answer.as_json())
    else:
        from impact_pipeline.analysis.terminal import show

        show(answer)


@app.command()
def calibrate(
    full: Annotated[bool, typer.Option("--full/--quick", help="400 draws of each scenario, or few.")] = False,
    design: Annotated[str | None, typer.Option(help="Only scenarios of one design; printed, not published.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; results do not depend on it.")] = 2,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Every causal estimator on samples with planted truths: bias, coverage, size, power, refusals, what is caught."""
    from impact_pipeline.calibration.terminal import as_plain, show
    from impact_pipeline.defs.calibrate import run_calibration

    found = run_calibration(home.resolve(), full=full, design=design, workers=workers, tell=tell)
    if as_json:
        print_json(as_plain(found))
    else:
        show(found)
    raise typer.Exit(PARTLY_FAILED if found.off else OK)


@app.command()
def failed(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Each failed (asset, partition): the cause, what it holds up, and the one command that redoes it."""
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.blast_radius import on_call

    entries = on_call(catalog_at(home), Lake(home.resolve()))
    if as_json:
        print_json([entry.as_json() for entry in entries])
    for entry in [] if as_json else entries:
        typer.echo(entry.as_text())
    if not entries and not as_json:
        typer.echo("nothing stands failed")
    raise typer.Exit(PARTLY_FAILED if entries else OK)


@app.command()
def redo(
    asset: Annotated[str, typer.Argument(help="The asset, e.g. trusted/orders.")],
    partition: Annotated[str, typer.Argument(help="The day or study; '' for an asset without partitions.")] = "",
    home: Home = DEFAULT_HOME,
    threads: Threads = 2,
    as_json: Json = False,
) -> None:
    """Materialize one asset's partition, and everything that this outdates."""
    from impact_pipeline.defs.night import operating

    with operating(home.resolve(), threads=threads, tell=tell) as operator:
        standing = operator.redo(asset, partition)
        _conclude(operator.catalog, home, standing, as_json)


@app.command()
def ui(
    home: Home = DEFAULT_HOME,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to bind; the server has no login, so keep it local.")
    ] = "127.0.0.1",
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse every change; no daemon.")] = False,
) -> None:
    """Serve the Dagster UI with its daemon, over the same instance that `nightly` and `demo` write."""
    from impact_pipeline.defs.launch import serve_ui

    catalog_at(home)
    raise typer.Exit(serve_ui(home.resolve(), host=host, port=port, read_only=read_only))


def main() -> None:
    """The console script: our errors become one line on stderr and exit code 1, others a class name and 3."""
    _settle_environment()
    _run(app)


def _run(command: Callable[..., Any]) -> None:
    try:
        command()
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(WRONG_INPUT)
    except ImpactError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(PARTLY_FAILED)
    except PermissionError as error:
        typer.echo(f"error: this account may not open {error.filename}; ask who owns the home", err=True)
        sys.exit(WRONG_INPUT)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("IMPACT_DEBUG"):
            raise
        typer.echo(f"internal error: {type(error).__name__}; set IMPACT_DEBUG=1 to see where", err=True)
        sys.exit(INTERNAL)


def _settle_environment() -> None:
    """One BLAS thread and no telemetry, before anything heavy is imported."""
    quiet = {
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "DAGSTER_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
    }  # fmt: skip
    for name, value in quiet.items():
        os.environ.setdefault(name, value)


def _conclude(catalog: Catalog, home: Path, standing: Any, as_json: bool, shown: Any = None) -> None:
    """Print the studies' table, what stands failed and the report's path; exit 2 when something does."""
    from impact_pipeline.lake.lake import Lake
    from impact_pipeline.stages.conclusion import conclude

    faults = sorted(issue for found in catalog.broken.values() for issue in found)
    conclude(catalog, Lake(home.resolve()), standing, faults, as_json=as_json, only=shown)
    raise typer.Exit(PARTLY_FAILED if standing or faults else OK)
