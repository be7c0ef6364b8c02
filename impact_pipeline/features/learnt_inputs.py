"""What one day of a learnt feature is made from, as it stands published. Reads table logs only, no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.feature_inputs import dataset_of, days_behind, inputs_of, target_total
from impact_pipeline.catalog.identity import digest
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.lake.tables import LakeTable

LOGIC = "learnt/1"
"""Part of every input digest: raised when a change here changes what is built from the same inputs."""

Marks = Mapping[str, str]
"""Day -> fingerprint."""


@dataclass(frozen=True, slots=True)
class LearntInputs:
    """Fingerprints by day: of each input feature, and of the target's trusted rows; `input_days` as recorded.

    `training_day` is None where nothing was known a horizon before. Without what is in `absent` ('asset day') there is
    no prediction; target days in `missing_days` count as days without rows.
    """

    definition: str
    training_day: date | None
    target_days: Marks
    input_days: Mapping[str, Marks]
    absent: tuple[str, ...]
    missing_days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LearntHistory:
    """All published days that any day of a learnt feature could be made from; read once, asked for many days."""

    feature: LearntFeature
    definition: str
    began: date
    target: str
    features: Mapping[str, Marks]
    target_days: Marks

    @classmethod
    def of(cls, catalog: Catalog, feature: LearntFeature, lake: Lake) -> LearntHistory:
        """The digest of the documents covers all that decide the values: its own, its inputs' and its target's."""
        inputs, target = inputs_of(catalog, feature), dataset_of(catalog, feature)
        definition = digest(LOGIC, feature, *inputs, target_total(catalog, feature))
        began = min(catalog.source_of(dataset).first_day for dataset in days_behind(catalog, feature))
        features = {f"features/{one.name}": _marks(lake.feature(one.name)) for one in inputs}
        return cls(feature, definition, began, f"trusted/{target}", features, _marks(lake.trusted(target)))

    def inputs(self, on: date) -> LearntInputs:
        """The inputs as of `on` and as of its training day, and the target's days between the two."""
        before = on - timedelta(days=self.feature.horizon_days)
        trained_on = before if before > self.began else None
        wanted = (on.isoformat(),) if trained_on is None else (before.isoformat(), on.isoformat())
        features = {name: {day: days[day] for day in wanted if day in days} for name, days in self.features.items()}
        absent = tuple(f"{name} {day}" for name, days in features.items() for day in wanted if day not in days)
        of_target = () if trained_on is None else days_between(before, on - timedelta(days=1))
        target = {day: self.target_days[day] for day in of_target if day in self.target_days}
        missing = tuple(day for day in of_target if day not in target)
        return LearntInputs(self.definition, trained_on, target, {**features, self.target: target}, absent, missing)


def _marks(table: LakeTable) -> dict[str, str]:
    return {day: state.fingerprint for day, state in table.states().items()}
