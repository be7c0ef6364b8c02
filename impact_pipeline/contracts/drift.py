"""Schema drift: how the columns of a delivery differ from those its contract promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from impact_pipeline.catalog.contract import Contract, Property
from impact_pipeline.contracts.arrow_kinds import accepts
from impact_pipeline.lake.staging import StagedDay

_SHOWN_NAME_LENGTH = 63


@dataclass(frozen=True, slots=True)
class Retyped:
    column: str
    promised: str
    delivered: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed. `breaches` refuse the day; `notes` are reported and accepted.

    Added and reordered columns are noted. A missing column is a breach when it is required, or when another column
    was added in the same delivery, because the two together read as a renaming; a nullable one is null otherwise.
    """

    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    reordered: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.breaches


def schema_drift(contract: Contract, staged: StagedDay, schema: pa.Schema) -> Drift:
    """Compare what was delivered (`staged.facts`) and staged (`schema`) with the contract."""
    delivered = [str(name) for name, _ in staged.facts.get("columns", ())] or schema.names
    unknown = [*staged.facts.get("unknown_columns", ()), *(n for n in delivered if n not in contract.by_name)]
    missing = tuple(name for name in contract.by_name if name not in schema.names)
    added = _shown(dict.fromkeys(map(_name, unknown)), recognised=len(missing) < len(contract.columns))
    untyped = bool(staged.facts.get("untyped", False))
    retyped = tuple(
        _retyped(column, schema, untyped=untyped) for column in contract.columns if column.name in schema.names
    )
    known = [name for name in delivered if name in contract.by_name]
    drift = Drift(added, missing, tuple(r for r in retyped if r), _reordered(contract, known))
    breaches = _breaches(contract, drift, renamed=bool(unknown))
    return replace(drift, breaches=breaches, notes=_notes(contract, drift, renamed=bool(unknown)))


def _name(unknown: object) -> str:
    """Extraction notes an unknown column by name, or by name and type."""
    return str(unknown[0]) if isinstance(unknown, Sequence) and not isinstance(unknown, str) else str(unknown)


def _shown(names: dict[str, None], *, recognised: bool) -> tuple[str, ...]:
    """Names fit to print. A file without a header has values for names, so where no column is known none is shown."""
    if not recognised:
        return tuple("(name withheld)" for _ in names)
    return tuple(n if n.isprintable() and len(n) <= _SHOWN_NAME_LENGTH else "(unprintable name)" for n in names)


def _retyped(column: Property, schema: pa.Schema, *, untyped: bool) -> Retyped | None:
    delivered = schema.field(column.name).type
    fits = (
        delivered == pa.int64()
        if column.role == "identifier"
        else accepts(column.lake_type, delivered, untyped=untyped)
    )
    return None if fits else Retyped(column.name, column.lake_type, str(delivered))


def _reordered(contract: Contract, delivered: list[str]) -> tuple[str, ...]:
    promised = [name for name in contract.by_name if name in delivered]
    return tuple(name for name, other in zip(delivered, promised, strict=False) if name != other)


def _breaches(contract: Contract, drift: Drift, *, renamed: bool) -> tuple[str, ...]:
    required = [name for name in drift.missing if contract.by_name[name].required]
    optional = [name for name in drift.missing if name not in required and renamed]
    return (
        *(f"column '{name}' is required and was not delivered" for name in required),
        *(f"column '{name}' was not delivered while others were added: renamed?" for name in optional),
        *(f"column '{r.column}' is {r.promised} by contract and came as {r.delivered}" for r in drift.retyped),
    )


def _notes(contract: Contract, drift: Drift, *, renamed: bool) -> tuple[str, ...]:
    absent = [name for name in drift.missing if not contract.by_name[name].required and not renamed]
    return (
        *(f"column '{name}' is not in the contract and was left out" for name in drift.added),
        *(f"column '{name}' was not delivered and is null" for name in absent),
        *((f"columns came in another order: {', '.join(drift.reordered)}",) if drift.reordered else ()),
    )
