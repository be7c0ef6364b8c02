"""Cases D01 to D12 at random: nothing escapes the allowlist, and nothing but `Rejected` is raised."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from impact_pipeline.catalog.expressions import ALLOWED, Compiled, Kind, Rejected, compile_row
from impact_pipeline_tests.hostile.expression_fuzz import ROLES, TABLE, drawn

KINDS: tuple[Kind, ...] = ("number", "condition", "category")
FEW, MANY = 3_000, 200_000
RUNTIME = (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)
"""What a sound expression may meet in a row: a text that is no date, a logarithm of nothing, a sum too large."""

REFUSED = (duckdb.BinderException, duckdb.ParserException, duckdb.NotImplementedException)
"""What an engine may refuse of types that it does not compare: it fails closed."""

opened: list[str] = []
watching = [False]


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if watching[0] and event in ("open", "os.system", "subprocess.Popen", "socket.connect"):
        opened.append(f"{event} {arguments[0]}")


sys.addaudithook(_watch)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that could reach files, so that an escape would be seen: its folder stays empty."""
    with duckdb.connect(":memory:") as made:
        made.execute(f"SET temp_directory = '{tmp_path}'")
        made.execute(TABLE)
        made.execute("insert into t values (1.5, 1, 2.5, 'ios', 7, '2026-03-05'), (null, null, null, null, null, null)")
        yield made


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_no_text_escapes_and_none_crashes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.chdir(tmp_path)
    rng, seen = random.Random(20260302), Counter[str]()
    watching[0] = True
    try:
        for _ in range(count):
            for compiled in accepted(drawn(rng), seen):
                judge(connection, compiled, seen)
    finally:
        watching[0] = False
    assert not [name for name in opened if not name.endswith((".py", ".pyc"))]
    assert list(tmp_path.iterdir()) == []
    assert seen["accepted"] > count / 10, seen
    assert seen["rejected"] > count / 4, seen
    assert seen["ran"] > seen["accepted"] * 0.9, seen


def accepted(text: str, seen: Counter[str]) -> list[Compiled]:
    found = []
    for kind in KINDS:
        try:
            found.append(compile_row(text, ROLES, kind))
        except Rejected:
            continue
    seen["accepted" if found else "rejected"] += 1
    return found


def judge(connection: duckdb.DuckDBPyConnection, compiled: Compiled, seen: Counter[str]) -> None:
    """Every node is on the allowlist, every column on offer; a second parser sees one expression over one table."""
    assert {type(node) for node in compiled.tree.walk()} <= ALLOWED
    columns = {column.name for column in compiled.tree.find_all(exp.Column)}
    assert columns <= ROLES.keys() - {"user_key"}
    query = f"select ({compiled.sql}) from t"
    try:
        statements = duckdb.extract_statements(query)
        assert len(statements) == 1
        assert statements[0].type == duckdb.StatementType.SELECT
        rows = connection.execute(query).fetchall()
        assert len(rows) == 2
    except RUNTIME:
        pass
    except REFUSED:
        seen["refused"] += 1
        return
    seen["ran"] += 1
