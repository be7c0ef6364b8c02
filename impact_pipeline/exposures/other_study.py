"""Units' arms in another study that runs at the same time: segments of type `study`."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.exposures.contacts import contact_arm, contact_rows, contact_time, field_of, struct

NOT_IN_STUDY = "not in study"
"""The segment value of a unit that the other study has not exposed by the look."""


def other_table(study: str) -> str:
    """The input with the rows of another study's exposure dataset."""
    return f"rows_of_{study}"


def arms_in(catalog: Catalog, plan: EvaluationPlan) -> exp.Select:
    """unit, value: the arm of each unit's first contact in the study; later contacts change nothing."""
    rule = plan.exposure
    rows = contact_rows(catalog, plan, rule, other_table(plan.name))
    rows = rows.select(named(struct(at=contact_time(rule), arm=contact_arm(rule)), "contact"), copy=False)
    first = field_of(exp.func("min", column("contact")), "arm")
    return exp.select(column("unit"), named(first, "value")).from_(rows.subquery("contacts")).group_by(column("unit"))
