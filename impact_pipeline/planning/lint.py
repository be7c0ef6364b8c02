"""What is wrong with a plan before anything is spent on it: would its rule ever fire, and can its data be there?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.feature_inputs import days_behind
from impact_pipeline.engines.base import Engine
from impact_pipeline.errors import InputError
from impact_pipeline.governance.plan_documents import documents_of
from impact_pipeline.governance.versions import version_faults
from impact_pipeline.lake.lake import Lake
from impact_pipeline.planning.history import read_history
from impact_pipeline.planning.metric_plan import NoMetricPlan
from impact_pipeline.planning.power_plan import PowerPlan, plan_power
from impact_pipeline.stats.decision_power import FLOOR
from impact_pipeline.stats.power import NoPlan

Level = Literal["fault", "warning"]


@dataclass(frozen=True, slots=True)
class Remark:
    """A fault keeps the plan from ever deciding, or from deciding rightly; a warning makes it weaker."""

    level: Level
    told: str

    def as_plain(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.level}: {self.told}"


def lint(study: Study, *, lake: Lake, engine: Engine, look_hour: float) -> tuple[Remark, ...]:
    """Faults, then warnings. Studies are looked at `look_hour` hours after their last day has ended."""
    changed = version_faults(lake.home, documents_of(study))
    found = [*_on_contracts(study, lake, look_hour), *_on_power(study, lake, engine)]
    found += [Remark("warning", str(one)) for one in changed]
    return tuple(sorted(found, key=lambda remark: remark.level))


def on_plan(plan: PowerPlan) -> Iterator[Remark]:
    """What its power says of a plan: whether it can decide, and whether each guardrail can be judged."""
    if isinstance(plan.decision, NoPlan):
        yield Remark("fault", f"the rule would never ship: {plan.decision.detail}")
    elif plan.decision.chances.good.ship < FLOOR:
        chance = plan.decision.chances.good.ship
        yield Remark("fault", f"the rule would hardly ever ship: a good change ships with a chance of {chance:.3f}")
    for one in plan.metrics:
        if isinstance(one, NoMetricPlan) and one.use.role in ("success", "guardrail"):
            yield Remark("fault", f"{one.use.role} metric '{one.use.name}' cannot be judged: {one.detail}")
    yield from (Remark("warning", told) for told in plan.warnings)


def _on_power(study: Study, lake: Lake, engine: Engine) -> Iterator[Remark]:
    try:
        history = read_history(study, lake=lake, engine=engine)
    except InputError as error:
        yield Remark("warning", f"what the plan can show is not known: {error}")
        return
    yield from on_plan(plan_power(study, history))


def _on_contracts(study: Study, lake: Lake, look_hour: float) -> Iterator[Remark]:
    newest = {name: _newest(lake, name) for name in datasets_of(study)}
    last = max((day for day in newest.values() if day is not None), default=None)
    for name, day in newest.items():
        yield from on_freshness(study.catalog.contracts[name], look_hour)
        if day is None:
            yield Remark("warning", f"dataset '{name}' has no published day yet")
        elif last is not None and day < last:
            told = f"dataset '{name}' ends on {day}, {(last - day).days} days before others of the plan"
            yield Remark("warning", f"{told}: windows that read it stay open")


def on_freshness(contract: Contract, look_hour: float) -> Iterator[Remark]:
    """Whether what a contract promises is there when studies are looked at."""
    hours = contract.latency_hours
    if hours is None:
        told = f"the contract of '{contract.name}' promises no latency: nobody says when a day is whole"
        yield Remark("warning", f"{told}; write one in its slaProperties")
    elif hours > look_hour:
        told = f"the contract of '{contract.name}' allows rows {hours:g} hours after their day has ended"
        yield Remark("fault", f"{told}, studies are looked at after {look_hour:g}: looks would miss them")


def datasets_of(study: Study) -> tuple[str, ...]:
    """Every dataset that the plan rests on, those behind its features included."""
    features = (*study.covariates, *study.segment_features.values())
    behind = {name for feature in features for name in days_behind(study.catalog, feature)}
    return tuple(sorted({*study.datasets, *behind}))


def _newest(lake: Lake, dataset: str) -> date | None:
    days = lake.trusted(dataset).states()
    return date.fromisoformat(max(days)) if days else None
