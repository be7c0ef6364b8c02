from __future__ import annotations

import random
import re
from pathlib import Path

import duckdb
import pytest

from impact_pipeline.catalog.contract import Role
from impact_pipeline.catalog.expressions import Compiled, Kind, Rejected, compile_row
from impact_pipeline_tests.catalog.hostile import inputs

ROLES: dict[str, Role] = {
    "revenue": "measure",
    "is_new": "measure",
    "device": "dimension",
    "user_key": "identifier",
    "seen_at": "time",
}
TABLE = "create table t (revenue decimal(12,2), is_new integer, device varchar, user_key bigint, seen_at timestamptz)"
KINDS: tuple[Kind, ...] = ("number", "condition", "category")


@pytest.mark.parametrize("text", list(inputs("expression", "reject")))
def test_what_is_not_allowed_is_rejected_and_never_quoted(text: str) -> None:
    for kind in KINDS[:2]:
        with pytest.raises(Rejected) as raised:
            compile_row(text, ROLES, kind)
        message = str(raised.value)
        assert raised.value.__cause__ is None
        assert "passwd" not in message
        assert "secret" not in message
        assert len(message) < 200


@pytest.mark.parametrize("text", list(inputs("expression", "accept")))
def test_what_one_row_may_ask_is_accepted_and_runs(text: str) -> None:
    compiled = compile_row(text, ROLES, "number")
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        kind = connection.execute(f"describe select {compiled.sql} from t").fetchall()[0][1]
    assert re.match(r"DECIMAL|DOUBLE|INTEGER|BIGINT", kind)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", "number", "1 to 500 characters are allowed"),
        ("revenue" + " " * 500, "number", "1 to 500 characters are allowed"),
        ("revenue\t+ 1", "number", "only printable ASCII is allowed"),
        ("revenue +", "number", "does not parse at character 9"),
        ("revenue; revenue", "number", "exactly one expression is allowed"),
        ("+".join(["1"] * 100), "number", "too complex; split it into measures"),
        ("revenue + sum(revenue)", "number", "SUM is not allowed in an expression (character 11)"),
        ("1 + nope", "number", "unknown column; columns are device, is_new, revenue, seen_at, user_key (character 5)"),
        ("is_new + user_key", "number", "an identifier is not used in an expression (character 10)"),
        ("device", "number", "a dimension column is only compared (character 1)"),
        ("seen_at", "category", "the expression must be a category"),
        ("coalesce(seen_at, seen_at)", "number", "a time column is only compared (character 10)"),
        ("revenue > 1", "number", "the expression must be a number"),
        ("revenue", "condition", "the expression must be a condition"),
        ("'x'", "category", "text alone is not an expression"),
        ("revenue in (is_new)", "condition", "IN takes a list of literals (character 1)"),
        ("revenue is nullif(is_new, 0)", "condition", "IS takes NULL, TRUE or FALSE (character 1)"),
        ("cast('1' as bigint) > 0", "condition", "text is cast to DATE only"),
        ("cast(revenue as varchar) > '1'", "condition", "casts go to BIGINT, BOOLEAN, DATE, DECIMAL, DOUBLE, INT"),
        ("revenue > 1e999", "condition", "a number must be finite"),
        (f"device = '{'x' * 101}'", "condition", "a literal has at most 100 characters"),
        ("revenue /* x */", "number", "comments are not allowed (character 1)"),
        (
            "case when revenue > 1 then 'a' else 1 end",
            "category",
            "the branches of a CASE are all text or all numbers",
        ),
    ],
)
def test_a_rejection_names_the_rule_and_the_place(text: str, kind: Kind, message: str) -> None:
    with pytest.raises(Rejected) as raised:
        compile_row(text, ROLES, kind)
    assert str(raised.value).startswith(message)


def test_a_category_is_a_dimension_or_a_case_of_texts() -> None:
    assert compile_row("device", ROLES, "category").sql == '"device"'
    labelled = compile_row("case when revenue > 100 then 'high' else 'low' end", ROLES, "category")
    assert labelled.columns == ("revenue",)


def test_lineage_is_read_off_the_tree() -> None:
    compiled = compile_row(
        "case when device = 'ios' then revenue / nullif(is_new, 0) else revenue end", ROLES, "number"
    )
    assert compiled.columns == ("device", "is_new", "revenue")


def test_identifiers_are_quoted_in_what_the_engine_sees() -> None:
    assert compile_row("revenue", ROLES, "number").sql == '"revenue"'


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("revenue + is_new * 2 - 1", '("revenue" + ("is_new" * 2)) - 1'),
        ("not revenue > 1 or is_new = 1 and revenue in (-1, 2)",
         '(NOT ("revenue" > 1)) OR (("is_new" = 1) AND ("revenue" IN (-1, 2)))'),
        ("revenue between 1 and 2 in (1)", '("revenue" BETWEEN 1 AND 2) IN (1)'),
    ],
)  # fmt: skip
def test_precedence_is_written_out_for_the_engine(text: str, sql: str) -> None:
    kind: Kind = "number" if text.endswith("- 1") else "condition"
    assert compile_row(text, ROLES, kind).sql == sql


TOKENS = (Path(__file__).parent / "data" / "tokens.txt").read_text(encoding="utf-8").split("\n")[:-1]
SEEDS = (
    "case when device = 'ios' then revenue else 0 end",
    "coalesce ( revenue , 0 ) / nullif ( is_new , 0 )",
    "revenue between 1 and 2 and device in ( 'a' , 'b' )",
    "round ( least ( revenue , 1000 ) , 2 )",
)


def mutated(rng: random.Random) -> str:
    words = rng.choice(SEEDS).split(" ")
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(words) + 1)
        words[place : place + rng.randint(0, 2)] = [rng.choice(TOKENS) for _ in range(rng.randint(0, 2))]
    return " ".join(words)


def accepted(text: str) -> list[Compiled]:
    found = []
    for kind in KINDS:
        try:
            found.append(compile_row(text, ROLES, kind))
        except Rejected:
            continue
    return found


@pytest.mark.parametrize("count", [1_500, pytest.param(60_000, marks=pytest.mark.slow)])
def test_mutations_never_crash_and_what_is_accepted_reads_one_row_of_one_table(count: int) -> None:
    rng, passed = random.Random(20260302), 0
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        for _ in range(count):
            for compiled in accepted(mutated(rng)):
                passed += _holds(connection, compiled)
    assert passed > count / 50


def _holds(connection: duckdb.DuckDBPyConnection, compiled: Compiled) -> bool:
    """Accepted text binds to the table or fails closed; it never is more than one expression over declared columns."""
    statements = duckdb.extract_statements(f"select ({compiled.sql}) from t")
    assert len(statements) == 1
    assert "user_key" not in compiled.columns
    try:
        names = connection.execute(f"select ({compiled.sql}) from t").description
    except (duckdb.BinderException, duckdb.ParserException, duckdb.ConversionException, duckdb.OutOfRangeException):
        return False
    return names is not None and len(names) == 1
