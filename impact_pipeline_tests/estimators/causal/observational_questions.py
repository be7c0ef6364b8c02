"""Observational questions for tests."""

from __future__ import annotations

from typing import Any

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection


def asked(sample: CrossSection, **settings: Any) -> Question[CrossSection, Observational]:
    """The sample under an observational design with these settings."""
    return Question(sample, Observational.model_validate({"type": "observational", **settings}))


def effects_of(sample: CrossSection, **settings: Any) -> Effects:
    """By the estimator that the settings ask for."""
    question = asked(sample, **settings)
    estimator = causal_estimator(question.design)
    assert estimator is not None
    return estimator.effects(question)


def effect(found: Effect | Refusal) -> Effect:
    assert isinstance(found, Effect)
    return found


def refusal(found: Effect | Refusal) -> Refusal:
    assert isinstance(found, Refusal)
    return found
