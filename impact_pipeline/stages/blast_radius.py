"""For on-call: what stands failed, what that holds up, and the one command that redoes it."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.feature_inputs import days_behind, inputs_of
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class OnCall:
    """One failed (asset, partition). `studies` cannot be decided, or only without this day, until it is mended."""

    failed: Failed
    features: tuple[str, ...]
    studies: tuple[str, ...]
    command: str

    def as_json(self) -> dict[str, object]:
        return {**asdict(self.failed), "features": self.features, "studies": self.studies, "command": self.command}

    def as_text(self) -> str:
        held = [f"features {', '.join(self.features)}"] if self.features else []
        held += [f"studies {', '.join(self.studies)}"] if self.studies else []
        lines = [
            f"{self.failed.asset} {self.failed.partition} (since {self.failed.at})",
            f"  cause:    {self.failed.message}",
            f"  holds up: {'; '.join(held) or 'nothing else'}",
            f"  redo:     {self.command}",
        ]
        return "\n".join(lines)


def on_call(catalog: Catalog, lake: Lake) -> tuple[OnCall, ...]:
    """Every standing failure, those of data first: mending them may mend the rest."""
    ordered = sorted(lake.failures.all(), key=lambda f: (f.asset.startswith(("study/", "kpis/", "reports/")), f))
    return tuple(_entry(catalog, failed) for failed in ordered)


def _entry(catalog: Catalog, failed: Failed) -> OnCall:
    kind, name = failed.asset.split("/")
    features, studies = _held_up(catalog, kind, name, failed.partition)
    asset = f"raw/{name}" if kind == "trusted" else failed.asset
    command = f"impact redo {asset} {shlex.quote(failed.partition)}".rstrip()
    return OnCall(failed, features, studies, command)


def _held_up(catalog: Catalog, kind: str, name: str, partition: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if kind in ("study", "kpis", "reports"):
        return (), (partition,) if kind == "study" else ()
    dataset = catalog.facts[name].dataset if kind == "unit_days" and name in catalog.facts else name
    day = date.fromisoformat(partition)
    if kind == "features":
        features = [
            f.name for f in catalog.features.values() if name in (f.name, *(i.name for i in inputs_of(catalog, f)))
        ]
    else:
        features = [f.name for f in catalog.features.values() if dataset in days_behind(catalog, f)]
    read = (catalog.study(plan) for plan in catalog.plans)
    return tuple(sorted(features)), tuple(study.name for study in read if _reads(study, dataset, features, day))


def _reads(study: Study, dataset: str, features: list[str], day: date) -> bool:
    """Whether a study reads the dataset on that day, or one of the features on a day that it reaches back to."""
    if dataset in study.datasets and study.plan.starts <= day <= study.planned_look:
        return True
    if any(o.exposure.dataset == dataset and o.starts <= day <= o.ends for o in study.other_studies.values()):
        return True
    used = [f for f in (*study.covariates, *study.segment_features.values()) if f.name in features]
    reach = (max(days_behind(study.catalog, feature).values()) for feature in used)
    return any(study.plan.starts - timedelta(days=days) <= day <= study.plan.ends for days in reach)
