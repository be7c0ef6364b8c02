"""Bins of control's units, by a hash of the unit and the study: what an A/A simulation splits at random."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import control_arm

BINS = 64
DIGITS, QUARTERS = "0123456789abcdef", "000044448888cccc"
"""A hexadecimal digit, and which quarter of them it is in: sixteen by four bins."""

NOT_IN_CONTROL = ""


def control_bin(study: Study, unit: exp.Expr, arm: exp.Expr) -> exp.Expr:
    """Two hexadecimal digits, the same on any engine; empty for units of other arms, which hold an effect.

    The study is hashed too, so that no assignment that hashes the unit alone goes along with the bins.
    """
    salted = exp.func("concat", exp.cast(unit.copy(), "VARCHAR"), exp.Literal.string(f" a/a {study.name}"))
    hashed = exp.func("md5", salted)
    second = exp.func("translate", _digit(hashed, 2), exp.Literal.string(DIGITS), exp.Literal.string(QUARTERS))
    found = exp.func("concat", _digit(hashed, 1), second)
    control = exp.Literal.string(control_arm(study.plan.design))
    return exp.Case().when(arm.copy().eq(control), found).else_(exp.Literal.string(NOT_IN_CONTROL))


def _digit(hashed: exp.Expr, place: int) -> exp.Expr:
    return exp.func("substr", hashed.copy(), exp.Literal.number(place), exp.Literal.number(1))
