"""Expressions drawn at random: sound ones from the grammar, and those broken by tokens and characters."""

from __future__ import annotations

import random
from collections.abc import Callable

from impact_pipeline.catalog.contract import Role

ROLES: dict[str, Role] = {
    "revenue": "measure", "is_new": "measure", "order": "measure", "device": "dimension", "user_key": "identifier",
    "seen_at": "time",
}  # fmt: skip
TABLE = (
    'create table t (revenue decimal(12,2), is_new integer, "order" double, device varchar, user_key bigint, '
    "seen_at timestamptz)"
)
HOSTILE = (
    "select", "(select 1)", "from", "read_csv('/etc/passwd')", "read_text('x')", "glob('*')", "getenv('HOME')", ";",
    "--", "/*", "*/", "attach 'x'", "copy t to 'x'", "pragma", "install httpfs", "load", "set", "call", "random()",
    "now()", "uuid()", "current_date", "columns('.*')", "t.*", "*", "kpi.revenue", "main.t.revenue", "sum(",
    "any_value(", "repeat('x', 1000000000)", "lpad('x', 9, 'y')", "x -> x + 1", "[1, 2]", "{'a': 1}", "$1", "?",
    ":name", "@x", "e'\\\\x00'", "b'1'", "x'ff'", "::varchar", "::hugeint", "over ()", "filter (where true)",
    "collate nocase", "union all", "limit 1", "1e999", "nan", "infinity", "'", '"', "`", "$$", "\\", "\0", "\n",
    "\u202e", "\u00e9", "interval 1 day", "timestamp '2020-01-01'", "struct_pack(a := 1)", "list_value(1)",
    "exists (select 1)", "unnest([1])", "try_cast(revenue as blob)", "user_key", "unknown", "format('{}', 1)",
    "query('select 1')", "getvariable('x')",
)  # fmt: skip
WORDS = (
    "revenue", "is_new", "order", '"order"', "device", "seen_at", "(", ")", "+", "-", "*", "/", "%", "=", "<>", "<",
    ">=", "and", "or", "not", "is", "null", "true", "in", "between", "case", "when", "then", "else", "end", "1",
    "0.5", "-2", "'ios'", "coalesce(", "nullif(", "abs(", "round(", "least(", "cast(", "as", "double", "date",
    "bigint", ",",
)  # fmt: skip
CHARACTERS = "()'\"`;-/*\\,.:[]{}$@?=<>| \t\n\0aA0é"
DEEPEST = 4

Draw = Callable[[random.Random, int], str]


def drawn(rng: random.Random) -> str:
    """One text: one in three straight from the grammar, the others mutated once or several times."""
    text = number(rng, rng.randint(0, DEEPEST)) if rng.random() < 0.6 else condition(rng, rng.randint(0, DEEPEST))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        text = rng.choice((_token, _character, _cut, _doubled))(rng, text)
    return text


def number(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(("revenue", "is_new", '"order"', "1", "0.5", "100", "-3"))
    a, b = number(rng, depth - 1), number(rng, depth - 1)
    return rng.choice((
        f"{a} {rng.choice('+-*/')} {b}", f"({a})", f"coalesce({a}, {b})", f"nullif({a}, 0)", f"least({a}, {b})",
        f"greatest({a}, {b})", f"abs({a})", f"round({a}, 2)", f"ln({a})", f"sqrt({a})", f"cast({a} as double)",
        f"case when {condition(rng, depth - 1)} then {a} else {b} end", f"-{a}",
    ))  # fmt: skip


def condition(rng: random.Random, depth: int) -> str:
    a, b = number(rng, max(depth - 1, 0)), number(rng, 0)
    if depth > 1 and rng.random() < 0.5:
        return f"{condition(rng, depth - 1)} {rng.choice(('and', 'or'))} not {condition(rng, depth - 1)}"
    return rng.choice((
        f"{a} > {b}", f"{a} = {b}", f"{a} between 1 and 2", f"{a} in (1, 2, -3)", f"{a} is null", "device = 'ios'",
        "device in ('a', 'b''c')", "device is not null", "seen_at > '2026-03-01'", f"{a} is not null",
    ))  # fmt: skip


def _token(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    place = rng.randrange(len(words) + 1)
    words[place : place + rng.randint(0, 2)] = [rng.choice(HOSTILE if rng.random() < 0.6 else WORDS)]
    return " ".join(words)


def _character(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(CHARACTERS) + text[place + rng.randint(0, 1) :]


def _cut(rng: random.Random, text: str) -> str:
    first, last = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return text[:first] + text[last:]


def _doubled(rng: random.Random, text: str) -> str:
    times = rng.choice((2, 2, 30))
    return rng.choice((" ".join([text] * times), "(" * times + text + ")" * times))
