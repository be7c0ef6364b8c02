"""Whether the policy that ran gave a chance to what the target policy does."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.off_policy.importance_weights import unsupported_share
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

LARGEST = 0.01
"""Share of the target's decisions that the log may say nothing about: it moves the value by at most a hundredth of the
range of rewards."""


class PolicySupport:
    """Fails where more than 1 % of the target's decisions take actions that the log never took in their slot.

    Weights cannot make up for actions that were never tried. Without the target's chances of all actions only the mean
    weight tells of it.
    """

    name: ClassVar[str] = "policy_support"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})
    asks: ClassVar[str] = "Did the policy that ran try what the new one would do?"
    pass_means: ClassVar[str] = "The log has decisions of every action that the new policy takes."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[LoggedDecisions, Any], effects: Effects | None) -> Checked:
        """
        >>> half = np.full(4, 0.5)
        >>> log = LoggedDecisions(("a", "b"), np.zeros(4, dtype=int), half, half, half, np.full((4, 2), 0.5))
        >>> PolicySupport().check(Question(log, None), None).finding.sentence
        "50.0% of the target's decisions take actions that the log never took, most of them 'b'."
        """
        log = question.sample
        if log.target_policy is None:
            sentence = "The target's chances of other actions are not known; the mean weight tells of missing support."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        shares = unsupported_share(log.target_policy, log.action, log.slot)
        share, worst = float(shares.sum()), int(np.argmax(shares))
        told = f", most of them '{log.actions[worst]}'" if share else ""
        sentence = f"{share:.1%} of the target's decisions take actions that the log never took{told}."
        details = {"actions": len(log.actions), "unsupported_actions": int((shares > 0).sum())}
        return Checked(Finding(self.name, share <= LARGEST, share, LARGEST, sentence, "never_ship", details))
