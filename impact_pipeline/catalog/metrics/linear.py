"""Linear formulas of metrics: names, decimal factors, plus and minus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from sqlglot import exp

from impact_pipeline.catalog.expressions import Rejected, parsed, position

LINEAR = "a formula adds and subtracts metrics, each by its name or as `number * name`"


@cache
def linear_terms(text: str) -> Mapping[str, Decimal]:
    """Name -> factor, in order of first use; raises `Rejected` where the formula is not linear.

    >>> dict(linear_terms("revenue - 0.3 * (cost + 2 * fees)"))
    {'revenue': Decimal('1'), 'cost': Decimal('-0.3'), 'fees': Decimal('-0.6')}
    """
    found: dict[str, Decimal] = {}
    for name, factor in _terms(parsed(text), Decimal(1)):
        found[name] = found.get(name, Decimal(0)) + factor
    idle = [name for name, factor in found.items() if not factor]
    if idle:
        raise Rejected(f"'{idle[0]}' cancels out; remove it from the formula")
    return MappingProxyType(found)


def _terms(tree: exp.Expr, factor: Decimal) -> Iterator[tuple[str, Decimal]]:
    match tree:
        case exp.Column() if not tree.table:
            yield tree.name, factor
        case exp.Paren():
            yield from _terms(tree.this, factor)
        case exp.Neg():
            yield from _terms(tree.this, -factor)
        case exp.Add() | exp.Sub():
            yield from _terms(tree.this, factor)
            yield from _terms(tree.expression, -factor if isinstance(tree, exp.Sub) else factor)
        case exp.Mul():
            left, right = _number(tree.this), _number(tree.expression)
            if (left is None) == (right is None):
                raise Rejected(f"{LINEAR}{position(tree)}")
            yield from _terms(tree.expression if right is None else tree.this, factor * (left or right or Decimal(0)))
        case _:
            raise Rejected(f"{LINEAR}{position(tree)}")


def _number(tree: exp.Expr) -> Decimal | None:
    """A literal number, its sign and parentheses included."""
    if isinstance(tree, exp.Paren):
        return _number(tree.this)
    if isinstance(tree, exp.Neg):
        inner = _number(tree.this)
        return None if inner is None else -inner
    return Decimal(tree.this) if isinstance(tree, exp.Literal) and not tree.is_string else None
