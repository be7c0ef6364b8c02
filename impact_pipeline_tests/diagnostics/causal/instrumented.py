"""Questions about instruments, and their findings."""

from __future__ import annotations

from typing import Any

from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables as Design
from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.causal.base import CausalCheck, Checked
from impact_pipeline.estimators.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.stats.instruments.drawn import drawn

Probes = dict[str, CrossSection]


def sample(seed: int, *, outcome: Array | None = None, **settings: Any) -> CrossSection:
    draw = drawn(seed, **settings)
    return CrossSection(
        draw.outcome if outcome is None else outcome, draw.treatment, draw.covariates, instruments=draw.instruments
    )


def checked(check: CausalCheck, section: CrossSection, probes: Probes | None = None, **settings: Any) -> Checked:
    design = Design.model_validate({"type": "instrumental_variables", **settings})
    question = Question(section, design, probes=probes or {})
    return check.check(question, InstrumentalVariables().effects(question) if check.needs_fit else None)
