"""All that two-way fixed effects say of a panel: the average effect and the effects by event time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.average_effect import AverageEffect, Errors, average_effect
from impact_pipeline.stats.difference_in_differences.eligible import Eligible, eligible
from impact_pipeline.stats.difference_in_differences.event_study import EventStudy, event_study
from impact_pipeline.stats.difference_in_differences.panel_regression import Inferred
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

Floats = NDArray[np.float64]


class Choices(Protocol):
    """What a design chooses: see `catalog.causal.difference_in_differences`, whose document has these fields."""

    @property
    def errors(self) -> Errors: ...
    @property
    def anticipation(self) -> int: ...
    @property
    def event_reference(self) -> int: ...
    @property
    def leads(self) -> int | None: ...
    @property
    def lags(self) -> int | None: ...
    @property
    def missing_cells(self) -> Literal["allow", "refuse"]: ...


@dataclass(frozen=True, eq=False)
class PanelEffects:
    """Rows that count, the average effect, and the event study or why there is none."""

    rows: Eligible
    average: AverageEffect
    study: EventStudy | Refusal

    @property
    def starts_together(self) -> bool:
        """Whether all treated units start in the same period."""
        starts = self.rows.starts[self.rows.starts < self.rows.never]
        return bool((starts == starts[0]).all())


def panel_effects(panel: Panel, choices: Choices, alpha: float, rng: np.random.Generator) -> PanelEffects | Refusal:
    """Refused as the average effect is; an event study that cannot be told leaves the average standing."""
    rows = eligible(panel, missing_cells=choices.missing_cells == "allow")
    if isinstance(rows, Refusal):
        return rows
    average = average_effect(rows, choices.errors, alpha, rng, anticipation=choices.anticipation)
    if isinstance(average, Refusal):
        return average
    return PanelEffects(rows, average, study_of(rows, choices))


def study_of(rows: Eligible, choices: Choices) -> EventStudy | Refusal:
    """The event study that the design chooses."""
    return event_study(
        rows, choices.errors, reference=choices.event_reference, anticipation=choices.anticipation,
        leads=choices.leads, lags=choices.lags,
    )  # fmt: skip


def average_event(study: EventStudy, alpha: float, rng: np.random.Generator) -> Inferred | Refusal:
    """The mean of effects at event times 0 and later, by treated rows: the effect against the reference alone.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> y = [1.0, 3, 4, 2, 2, 3, 5, 6, 5, 7, 7, 8]
    >>> panel = panel_of(np.repeat([1, 2, 3, 4], 3), [1, 2, 3] * 4, y, [0, 0, 1] * 2 + [0] * 6)
    >>> found = average_event(event_study(eligible(panel), "CR1"), 0.05, np.random.default_rng(0))
    >>> round(found.value, 9)
    1.0
    """
    weights = lag_weights(study)
    return study.fit.combination(weights, alpha, rng)


def lag_weights(study: EventStudy) -> Floats:
    """Of each event time the share of treated rows in it; 0 before the start."""
    since = study.rows.since[study.rows.is_treated]
    last = study.times[-1]
    counts = np.array([np.count_nonzero(np.minimum(since, last) == k) if k >= 0 else 0 for k in study.times], float)
    return np.asarray(counts / counts.sum(), dtype=np.float64)
