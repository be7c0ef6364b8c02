"""Fold a fact's trusted rows of one day into one row per unit, shared by all studies."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.meaning import definition
from impact_pipeline.engines.base import Engine
from impact_pipeline.engines.scaled import column, day, named, scaled, undefined
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import PartitionState, Publication

LOGIC = "unit_days/2"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""

ROWS = "__rows"
"""The column that counts a unit's rows of the day; no measure can have its name."""


def undefined_column(measure: str) -> str:
    """The column that counts a unit's rows whose measure has no finite value."""
    return f"{measure}__undefined"


def fold_day(catalog: Catalog, fact: Fact, on: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `unit_days/<fact>` of one day; raises `LakeError` when the dataset's day is not published."""
    table, trusted = lake.unit_days(fact.name), lake.trusted(fact.dataset)
    state = trusted.state(on.isoformat())
    if state is None:
        raise LakeError(f"trusted/{fact.dataset} {on} is not published; materialize it first")
    meant = definition("fact", fact)
    made_from = digest(LOGIC, meant, state.fingerprint, on.isoformat())
    standing = table.current(made_from, on.isoformat())
    if standing is not None:
        return standing
    facts = {
        "dataset": fact.dataset, "rows_in": state.rows, "fingerprint_in": state.fingerprint, "definition": meant,
    }  # fmt: skip
    with engine.batches(fold_query(catalog, fact, on), {"rows": trusted.files([on.isoformat()])}) as rows:
        return table.publish(rows, generation=generation, input_digest=made_from, partition=on.isoformat(), facts=facts)


def is_folded(fact: Fact, folded: PartitionState | None, fingerprint: str) -> bool:
    """Whether a folded day was made from these rows by the fact as it is now. One of before told no definition."""
    if folded is None or folded.facts["fingerprint_in"] != fingerprint:
        return False
    meant = definition("fact", fact)
    return bool(folded.facts.get("definition", meant) == meant)


def fold_query(catalog: Catalog, fact: Fact, on: date) -> exp.Select:
    """unit, one exact total and one count of undefined rows per measure, number of rows, day."""
    identifier = catalog.contracts[fact.dataset].identifier_of(fact.entity)
    assert identifier is not None
    unit = column(identifier)
    query = exp.select(named(unit, "unit")).from_(exp.to_table("rows", quoted=True)).group_by(unit.copy())
    for name, measure in fact.measures.items():
        tree = catalog.compile(fact.dataset, measure.expression, "number").tree
        whole = exp.func("coalesce", exp.func("sum", scaled(tree, measure.scale)), exp.Literal.number(0))
        missing = exp.func("count_if", undefined(tree, measure.scale))
        query = query.select(named(exp.cast(whole, "BIGINT"), name), copy=False)
        query = query.select(named(exp.cast(missing, "BIGINT"), undefined_column(name)), copy=False)
    rows = named(exp.cast(exp.func("count", exp.Star()), "BIGINT"), ROWS)
    return query.where(unit.copy().is_(exp.null()).not_()).select(rows, named(day(on.isoformat()), "day"))
