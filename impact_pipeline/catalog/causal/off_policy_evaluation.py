"""What another policy would have earned, from the log of the one that ran."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class OffPolicyEvaluation(Model):
    """What another policy would have earned, from the log of the one that ran."""

    type: Literal["off_policy_evaluation"]
