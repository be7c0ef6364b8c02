"""The rows of an analysis as columns of labels, and expressions over its columns as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from impact_pipeline.analysis.labels import Codes, Labels, labels_of, places_of
from impact_pipeline.analysis.table_file import read_rows
from impact_pipeline.catalog.contract import Role
from impact_pipeline.catalog.expressions import Kind, Rejected, compile_row, parsed
from impact_pipeline.engines.base import Engine
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.errors import InputError

Array = NDArray[np.float64]
Wanted = Mapping[str, tuple[str, Kind]]
"""Field of the specification -> expression, and what it must yield."""

ROW = "row number"
NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one file in their order; `names` are all of its columns, `engine` computes expressions over them."""

    name: str
    rows: pa.Table
    engine: Engine
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @property
    def roles(self) -> Mapping[str, Role]:
        """Numbers and truth values are measures, everything else is only compared."""
        unread: dict[str, Role] = dict.fromkeys(self.names, "dimension")
        return unread | {field.name: _role(field.type) for field in self.rows.schema}

    def labels(self, name: str, field: str, most: int) -> Labels:
        """A column of labels; refused where one is missing, or where there are more distinct ones than `most`."""
        found = labels_of(self._present(name, field))
        if len(found.names) > most:
            told = f"column '{name}' of {self.name} has {len(found.names)} distinct values"
            raise InputError(f"{field}: {told}; up to {most} are allowed: name a column of groups")
        return found

    def places(self, name: str, field: str) -> Codes:
        """A column of units or clusters as numbers from 0, by their first row; refused where one is missing."""
        return places_of(self._present(name, field))

    def _present(self, name: str, field: str) -> pa.ChunkedArray:
        if name not in self.rows.schema.names:
            raise InputError(f"{field}: {self.name} has no column '{name}'; columns are {_shown(self.roles)}")
        values = self.rows[name]
        missing = values.null_count
        if pa.types.is_floating(values.type):
            missing = int(np.isnan(values.to_numpy()).sum())
        if missing:
            told = f"column '{name}' of {self.name} is empty in {missing} of {len(self)} rows"
            raise InputError(f"{field}: {told}; fill it, or drop the rows")
        return values

    def numbers(self, wanted: Wanted) -> dict[str, Array]:
        """Of each field, the value in each row, NaN where there is none; a condition is 1 or 0. All faults at once."""
        found: dict[str, Array] = {}
        trees: dict[str, exp.Expr] = {}
        faults: list[str] = []
        for field, (text, kind) in wanted.items():
            try:
                tree = self._checked(text, kind)
            except Rejected as rejected:
                faults.append(f"{field}: {rejected}{self._hint(text)}")
                continue
            if isinstance(tree, exp.Column):
                found[field] = _as_numbers(self.rows[tree.name])
            else:
                trees[field] = tree
        if faults:
            raise InputError("\n".join(faults))
        return found | (self._computed(trees) if trees else {})

    def kind(self, text: str) -> Kind:
        """Whether an expression that may be either is a condition; one with a fault counts as a number."""
        kinds: tuple[Kind, ...] = ("number", "condition")
        for kind in kinds:
            try:
                self._checked(text, kind)
            except Rejected:
                continue
            return kind
        return "number"

    def _checked(self, text: str, kind: Kind) -> exp.Expr:
        """The checked tree; a column of truth values is a condition by itself."""
        if text not in self.rows.schema.names or not text.isidentifier():
            return compile_row(text, self.roles, kind).tree.unnest()
        if kind == "condition" and not pa.types.is_boolean(self.rows.schema.field(text).type):
            raise Rejected("a column of numbers or text is no condition; compare it, as in `column = 1`")
        if self.roles[text] != "measure":
            raise Rejected("a column of text or days is only compared")
        return column(text)

    def _hint(self, text: str) -> str:
        """Which columns of an expression are not numbers."""
        texts = sorted(name for name in columns_in(text) & set(self.rows.schema.names) if self.roles[name] != "measure")
        if not texts:
            return ""
        kinds = ", ".join(f"'{name}' as {self.rows.schema.field(name).type}" for name in texts)
        return f"; {self.name} holds {kinds}: a column counts as numbers when all of its values are"

    def _computed(self, trees: Mapping[str, exp.Expr]) -> dict[str, Array]:
        """All expressions in one pass."""
        fields = list(trees)
        values = [named(exp.cast(_lenient(trees[field]), "DOUBLE"), f"v{i}") for i, field in enumerate(fields)]
        query = exp.select(column(ROW), *values).from_(exp.to_table("rows", quoted=True))
        try:
            found = self.engine.table(query, {"rows": self._offered(trees)})
        except Exception as error:
            if not type(error).__module__.startswith(("duckdb", "_duckdb")):
                raise
            told = "cannot be computed in some rows (a logarithm or a root that is not defined, say)"
            raise InputError(f"{', '.join(fields)}: {told}; write a CASE for them") from None
        rows = found[ROW].to_numpy()
        return {field: _placed(_as_numbers(found[f"v{i}"]), rows) for i, field in enumerate(fields)}

    def _offered(self, trees: Mapping[str, exp.Expr]) -> pa.Table:
        """The columns in use, numbers as doubles, with the number of each row."""
        used = sorted({found.name for tree in trees.values() for found in tree.find_all(exp.Column)})
        columns = {name: _as_doubles(self.rows[name]) for name in used}
        return pa.table(columns | {ROW: pa.array(np.arange(len(self)))})


def read_table(path: Path, engine: Engine, used: set[str]) -> Table:
    """The columns `used` of a file; raises `InputError` where it cannot be read or has no rows."""
    rows, names = read_rows(path, lambda _: used)
    return Table(path.name, rows, engine, names)


def columns_in(text: str) -> set[str]:
    """Columns that an expression names, such as itself where it is one word; none where it does not parse.

    >>> sorted(columns_in("price * items"))
    ['items', 'price']
    """
    if text.isidentifier():
        return {text}
    try:
        return {found.name for found in parsed(text).find_all(exp.Column)}
    except Rejected:
        return set()


def _shown(names: Mapping[str, Role]) -> str:
    listed = [f"'{name}'" for name in names]
    more = f" and {len(listed) - NAMES_SHOWN} more" if len(listed) > NAMES_SHOWN else ""
    return ", ".join(listed[:NAMES_SHOWN]) + more


def _role(kind: pa.DataType) -> Role:
    return "measure" if _is_number(kind) or pa.types.is_boolean(kind) else "dimension"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _as_doubles(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.float64(), safe=False) if _is_number(values.type) else values


def _as_numbers(values: pa.ChunkedArray) -> Array:
    whole = values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values
    return np.asarray(whole.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _placed(values: Array, rows: NDArray[np.int64]) -> Array:
    found = np.empty(len(values))
    found[rows] = values
    return found


def _lenient(tree: exp.Expr) -> exp.Expr:
    """A cast of what does not convert is no value, and not an error that quotes it."""

    def tried(node: exp.Expr) -> exp.Expr:
        return exp.TryCast(this=node.this, to=node.args["to"]) if type(node) is exp.Cast else node

    return tree.transform(tried)
