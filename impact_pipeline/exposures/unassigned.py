"""Exposed units that nobody had assigned: the two bases of a triggered study disagree about them."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.engines.scaled import column, named


def unassigned_query() -> exp.Select:
    """n units of `exposed` without a row in `assigned`, with a later one, or with one in another arm."""
    exposed = exp.alias_(exp.to_table("exposed", quoted=True), "e", table=True)
    assigned = exp.alias_(exp.to_table("assigned", quoted=True), "a", table=True)
    before = column("exposed_at", "a") <= column("exposed_at", "e")
    same = exp.and_(column("unit", "a").eq(column("unit", "e")), before, column("arm", "a").eq(column("arm", "e")))
    query = (
        exp.select(named(exp.func("count", exp.Star()), "n")).from_(exposed).join(assigned, on=same, join_type="left")
    )
    return query.where(column("unit", "a").is_(exp.null()), exp.not_(column("mixed", "e")))
