"""Whether actions were taken as often as their logged propensities say."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.off_policy.importance_weights import inverse_propensity_totals
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

LEVEL = 0.01


class PropensityCalibration:
    """Fails where, for an action, `[taken] / propensity` averages to another number than 1: 1 % over all actions.

    That mean is 1 for each action that always has a chance; within a slot, for each action allowed there. Where actions
    are barred in some contexts, make each set of allowed actions a slot.
    """

    name: ClassVar[str] = "propensity_calibration"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})
    asks: ClassVar[str] = "Were actions taken as often as their logged propensities say?"
    pass_means: ClassVar[str] = "Logged propensities are, action by action, those that acted."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[LoggedDecisions, Any], effects: Effects | None) -> Checked:
        log = question.sample
        if not (log.propensity > 0).all():
            return Checked(Finding(self.name, None, None, None, "Some propensities are not above 0.", "none", {}))
        cells, names = _cells(log)
        means, errors = inverse_propensity_totals(cells, log.propensity, len(names))
        slots = max(len(log.slots), 1)
        share = _slot_shares(log)[np.arange(len(names)) % slots]
        taken = np.flatnonzero(np.isfinite(means) & (errors > 0))
        if not len(taken):
            return Checked(Finding(self.name, None, None, None, "No action has a propensity below 1.", "none", {}))
        statistics = np.abs(means[taken] - share[taken]) / errors[taken]
        worst = int(taken[np.argmax(statistics)])
        p_value = min(1.0, float(2 * upper_tail(float(statistics.max()), float("inf"))) * len(taken))
        told = f"{means[worst] / share[worst]:.3g} times as often as its propensities say"
        sentence = f"Of {len(taken)} actions, '{names[worst]}' is furthest off: taken {told} (p = {p_value:.2g})."
        details: dict[str, float | int | str] = {
            "actions": len(taken),
            "worst_action": names[worst],
            "ratio": float(means[worst] / share[worst]),
        }
        return Checked(Finding(self.name, p_value >= LEVEL, p_value, LEVEL, sentence, "never_ship", details))


def _cells(log: LoggedDecisions) -> tuple[np.ndarray[Any, np.dtype[np.intp]], list[str]]:
    """Each decision's action and slot as one place, and their names."""
    if log.slot is None:
        return log.action, list(log.actions)
    names = [f"{action} at {slot}" for action in log.actions for slot in log.slots]
    return log.action * len(log.slots) + log.slot, names


def _slot_shares(log: LoggedDecisions) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What the mean is for an action in a slot: the share of decisions in it."""
    if log.slot is None:
        return np.ones(1)
    return np.bincount(log.slot, minlength=len(log.slots)) / len(log)
