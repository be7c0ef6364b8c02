"""Logs of five actions in four contexts, and the questions that tests of off-policy methods ask."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.calibration.scenarios.off_policy_evaluation import SCENARIOS
from impact_pipeline.catalog.causal.off_policy_evaluation import OffPolicyEvaluation
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.estimators.causal.off_policy import OffPolicy
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions


def scenario(name: str) -> Scenario:
    return next(one for one in SCENARIOS if one.name == name)


def drawn(name: str = "better_policy", seed: int = 0) -> Drawn:
    return scenario(name).draw(np.random.default_rng(seed))


def log(name: str = "better_policy", seed: int = 0) -> LoggedDecisions:
    found = drawn(name, seed).sample
    assert isinstance(found, LoggedDecisions)
    return found


def asked(of: LoggedDecisions, **settings: Any) -> Question[LoggedDecisions, OffPolicyEvaluation]:
    return Question(of, OffPolicyEvaluation.model_validate({"type": "off_policy_evaluation", **settings}))


def effects(question: Question[LoggedDecisions, OffPolicyEvaluation]) -> Effects:
    return OffPolicy().effects(question)
