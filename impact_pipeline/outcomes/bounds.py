"""How large an expression over a row can be, from how large its columns are: interval arithmetic on absolute values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from sqlglot import exp

_SAME_SIZE = (exp.Paren, exp.Neg, exp.Abs)
_ONE_OF = (exp.Least, exp.Greatest, exp.Coalesce)


def largest_result(tree: exp.Expr, columns: Mapping[str, Fraction]) -> Fraction | None:
    """A bound of the absolute value; None where none is known (an unknown column, a division, a function).

    >>> from sqlglot import parse_one
    >>> largest_result(parse_one("least(price * 3, 150) - 1"), {"price": Fraction(7)})
    Fraction(151, 1)
    """
    match tree:
        case exp.Literal():
            return None if tree.is_string else abs(Fraction(tree.this))
        case exp.Null():
            return Fraction(0)
        case exp.Column():
            return columns.get(tree.name)
        case exp.Case():
            return _widest((*(branch.args["true"] for branch in tree.args["ifs"]), tree.args.get("default")), columns)
        case exp.Add() | exp.Sub() | exp.Mul():
            left, right = largest_result(tree.this, columns), largest_result(tree.expression, columns)
            if left is None or right is None:
                return None
            return left * right if isinstance(tree, exp.Mul) else left + right
    if isinstance(tree, _SAME_SIZE):
        return largest_result(tree.this, columns)
    return _widest((tree.this, *tree.expressions), columns) if isinstance(tree, _ONE_OF) else None


def _widest(trees: Iterable[exp.Expr | None], columns: Mapping[str, Fraction]) -> Fraction | None:
    found = [largest_result(tree, columns) for tree in trees if tree is not None]
    known = [bound for bound in found if bound is not None]
    return max(known, default=Fraction(0)) if len(known) == len(found) else None
