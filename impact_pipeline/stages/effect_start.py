"""The first day whose outcomes may carry a study's effect: a plan binds that was registered before it."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.samples import CausalSample, SeriesSample
from impact_pipeline.engines.base import Engine
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.lake.lake import Lake


def effect_start(study: Study, lake: Lake, engine: Engine) -> date | None:
    """The plan's start where units are randomised; of a causal design the day the change takes effect in its sample.

    That is the day a series names, else the day of the first treated contact: None until contacts are published.
    Outcomes that lie before the first day of their source count from that day: nothing of them could be read here.
    """
    if not study.samples:
        return study.plan.starts
    days = [_change(study, sample, lake, engine) for sample in study.samples]
    known = [day for day in days if day is not None]
    if not known:
        return None
    delivered = min(study.catalog.source_of(fact.dataset).first_day for fact in study.facts)
    return max(min(known), delivered)


def _change(study: Study, sample: CausalSample, lake: Lake, engine: Engine) -> date | None:
    if isinstance(sample, SeriesSample):
        return sample.starts
    exposures = lake.exposures(study.table)
    if exposures.state() is None:
        return None
    query = exp.select(named(exp.func("min", column("cohort_day")), "day"))
    query = query.from_(exp.to_table("exposures", quoted=True))
    treated = getattr(sample, "treatment", None)
    if treated is not None:
        query = query.where(column("arm").eq(exp.Literal.string(treated)))
    [row] = engine.table(query, {"exposures": exposures.files()}).to_pylist()
    day: date | None = row["day"]
    return day
