"""Carry-over: does the arm of the block before still show in a block of a switchback?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BLOCKS_RANDOMISED, CLUSTER, washout_minutes
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.blocks import block_values
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.switchback import carry_over

ALPHA = 0.01
"""For the study as a whole; each success metric gets its share."""


class CarryOver:
    """The effect of the previous block's arm, a block's own arm held fixed, on each success metric.

    A wash-out that is long enough leaves none. What carries over blurs the difference between the arms, mostly towards
    0, so a failure costs the grade A: plan longer blocks or a longer wash-out. Where arms alternate strictly the two
    arms cannot be told apart. Bojinov, Simchi-Levi, Zhao (2023), Management Science 69.
    """

    name: ClassVar[str] = "carry_over"
    designs: ClassVar[frozenset[str]] = BLOCKS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = dict(_probes(study, evidence.cells))
        known = {name: probe for name, probe in found.items() if not isinstance(probe, str)}
        if not known:
            why = next((probe for probe in found.values() if isinstance(probe, str)), "no success metric is a mean")
            return Finding(self.name, None, None, ALPHA, f"Carry-over cannot be told: {why}.", "lower_grade", {})
        worst = min(known, key=lambda name: known[name][1])
        change, p_value = known[worst]
        threshold = ALPHA / len(known)
        passed = p_value >= threshold
        metric = study.metrics_by_name[worst]
        judged = "does not show" if passed else "still shows"
        after = f"{washout_minutes(study.plan.design)} minutes of wash-out"
        sentence = (
            f"After {after} the arm of the block before {judged} in {metric.label}:"
            f" {change:+.3g} {metric.unit} (p = {p_value:.2g})."
        )
        details = {f"p_value {name}": p for name, (_, p) in known.items()}
        return Finding(self.name, passed, p_value, threshold, sentence, "lower_grade", details)


def _probes(study: Study, cells: Cells) -> Iterator[tuple[str, tuple[float, float] | str]]:
    """Metric -> effect and p-value, or why there is none."""
    for use in (use for use in study.uses if use.role == "success" and use.name in study.metrics_by_name):
        metric = study.metrics_by_name[use.name]
        reading = study.readings_of(metric)[0]
        if reading.form in ("mean", "ratio"):
            yield use.name, _probe(study, cells, metric, reading)


def _probe(study: Study, cells: Cells, metric: Metric, reading: Reading) -> tuple[float, float] | str:
    names, key = cells.clusters(), study.reading_key(metric, reading)
    control, treatment = (_by_block(cells, key, arm) for arm in study.arms[:2])
    values = block_values(names, treatment, control, ratio=reading.form == "ratio")
    if isinstance(values, Refusal):
        return values.detail
    probed = carry_over(values.blocks, values.effects)
    if isinstance(probed, Refusal):
        return probed.detail
    tested = difference(probed.means, ALPHA, float(len(values.blocks.outcome)))
    return float(tested.value), float(tested.p_value)


def _by_block(cells: Cells, key: str, arm: str) -> Moments:
    places = [cells.axes.place[CLUSTER, name] for name in cells.clusters()]
    if arm not in cells.axes.place:
        return Moments().each(lambda _: np.zeros(len(places), dtype=object))
    return cells.dense(key).each(lambda sums: sums[:, cells.axes.place[arm]][:, places].sum(axis=0))
