"""SQL expressions over one row: parsed, checked against an allowlist, regenerated from the checked tree.

The author's text reaches neither the engine nor an error message. A measure or a feature is a number (or, for a
`latest` feature, a category), a filter is a condition. Columns act by role: measures freely, dimensions where they are
compared (or returned whole as a category), times and quasi-identifiers only compared, identifiers never.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp

from impact_pipeline.catalog.contract import Role

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # its warnings quote the author's text

Kind = Literal["number", "condition", "category"]

LENGTH_LIMIT, NODE_LIMIT, DEPTH_LIMIT, LITERAL_LIMIT = 500, 120, 25, 100

LEAVES = (exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.DataType, exp.DataTypeParam)
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between)
LOGIC = (exp.And, exp.Or, exp.Not)
ARITHMETIC = (exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div)
FUNCTIONS = (
    exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Ln, exp.Sqrt,
    exp.Least, exp.Greatest, exp.Cast,
)  # fmt: skip
OPERATORS = (*COMPARISONS, *LOGIC, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div)
ALLOWED = frozenset(LEAVES + COMPARISONS + LOGIC + ARITHMETIC + FUNCTIONS)
CAST_TYPES = frozenset({"BIGINT", "INT", "SMALLINT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE"})


class Rejected(ValueError):
    """The expression breaks a rule; the message names the rule and where, and never quotes the author."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked expression. `columns` is its column lineage, read off the same tree the engine runs."""

    tree: exp.Expr
    columns: tuple[str, ...]

    @property
    def sql(self) -> str:
        return self.tree.sql(dialect="duckdb", identify=True, comments=False)


def compile_row(text: str, roles: Mapping[str, Role], kind: Kind) -> Compiled:
    """Check `text` against the allowlist; `roles` lists the columns on offer. Raises `Rejected`."""
    tree = parsed(text)
    for node in tree.walk():
        _require(type(node) in ALLOWED, f"{type(node).__name__.upper()} is not allowed in an expression", node)
        _check(node, roles, kind)
    _require(_yields(tree, roles) == kind, f"the expression must be a {kind}")
    return Compiled(_explicit(tree), tuple(sorted({column.name for column in tree.find_all(exp.Column)})))


def parsed(text: str) -> exp.Expr:
    """The tree of one expression that is neither too long nor too complex, whatever it says; raises `Rejected`."""
    _require(0 < len(text) <= LENGTH_LIMIT, f"1 to {LENGTH_LIMIT} characters are allowed")
    _require(all(" " <= c <= "~" for c in text), "only printable ASCII is allowed")
    tree = _tree_of(text)
    for count, node in enumerate(tree.walk(), 1):
        _require(count <= NODE_LIMIT and node.depth <= DEPTH_LIMIT, "too complex; split it into measures")
        _require(not node.comments, "comments are not allowed", node)
    return tree


def _explicit(tree: exp.Expr) -> exp.Expr:
    """The tree with names quoted and an operator inside another in parentheses.

    A column may have the name of a keyword, and no second parser can read another precedence into it.
    """
    for name in tree.find_all(exp.Identifier):
        name.set("quoted", True)
    for node in reversed(list(tree.walk())):
        nested = isinstance(node, OPERATORS) and isinstance(node.parent, OPERATORS)
        if nested and not _is_literal(node):
            node.replace(exp.Paren(this=node.copy()))
    return tree


def _tree_of(text: str) -> exp.Expr:
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        column = (error.errors or [{}])[0].get("col")
        raise Rejected(f"does not parse{f' at character {column}' if column else ''}") from None
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError):
        raise Rejected("does not parse") from None  # a chained error would quote the author
    _require(len(trees) == 1 and trees[0] is not None, "exactly one expression is allowed")
    return trees[0]  # type: ignore[return-value]


def _check(node: exp.Expr, roles: Mapping[str, Role], kind: Kind) -> None:
    match node:
        case exp.Column():
            _check_column(node, roles, kind)
        case exp.Literal():
            _require(len(node.this) <= LITERAL_LIMIT, f"a literal has at most {LITERAL_LIMIT} characters", node)
            _require(node.is_string or _finite(node.this), "a number must be finite", node)
        case exp.Cast():
            textual = isinstance(node.this, exp.Literal) and node.this.is_string
            name = str(node.to.this.value)
            _require(name in CAST_TYPES, f"casts go to {', '.join(sorted(CAST_TYPES))}", node)
            _require(not textual or name == "DATE", "text is cast to DATE only", node)
        case exp.DataType():
            _require(str(node.this.value) in CAST_TYPES, f"types are {', '.join(sorted(CAST_TYPES))}", node)
        case exp.Is():
            _require(isinstance(node.expression, exp.Null | exp.Boolean), "IS takes NULL, TRUE or FALSE", node)
        case exp.In():
            listed = not any(node.args.get(key) for key in ("query", "unnest", "field"))
            _require(listed and all(_is_literal(v) for v in node.expressions), "IN takes a list of literals", node)


def _check_column(node: exp.Column, roles: Mapping[str, Role], kind: Kind) -> None:
    known = not node.table and isinstance(node.this, exp.Identifier) and node.name in roles
    _require(known, f"unknown column; columns are {', '.join(sorted(roles))}", node)
    role = roles[node.name]
    _require(role != "identifier", "an identifier is not used in an expression", node)
    if role in ("dimension", "time", "quasi_identifier"):
        whole = kind == "category" and node.parent is None and role != "quasi_identifier"
        named = role.replace("_", "-")
        _require(whole or bool(node.find_ancestor(*COMPARISONS)), f"a {named} column is only compared", node)


def _yields(tree: exp.Expr, roles: Mapping[str, Role]) -> Kind:
    bare = tree.unnest()
    if isinstance(bare, COMPARISONS + LOGIC + (exp.Boolean,)):
        return "condition"
    if isinstance(bare, exp.Column) and roles[bare.name] == "dimension":
        return "category"
    if isinstance(bare, exp.Case):
        results = [*(branch.args["true"] for branch in bare.args["ifs"]), bare.args.get("default")]
        texts = [isinstance(r, exp.Literal) and r.is_string for r in results if r is not None]
        _require(all(texts) or not any(texts), "the branches of a CASE are all text or all numbers", bare)
        return "category" if texts and all(texts) else "number"
    _require(not (isinstance(bare, exp.Literal) and bare.is_string), "text alone is not an expression", bare)
    return "number"


def _is_literal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) or (isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal))


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _require(holds: bool, rule: str, node: exp.Expr | None = None) -> None:
    if not holds:
        raise Rejected(f"{rule}{position(node)}")


def position(node: exp.Expr | None) -> str:
    """Where the author wrote it, when the parser kept that: ' (character 7)'."""
    if node is None:
        return ""
    starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
    return f" (character {min(starts) + 1})" if starts else ""
