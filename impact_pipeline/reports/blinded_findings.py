"""Findings of a blinded study: those about who was seen are told with aliases, those about effects by their outcome."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.study import not_asked

OF_UNITS = frozenset({
    "aa_simulation", "cluster_ratio", "data_completeness", "independent_assignment", "mixed_exposure",
    "other_basis_ratio", "pre_period_balance", "sample_ratio", "telemetry_loss", "unassigned_exposure",
})  # fmt: skip
"""Checks whose sentences tell nothing of what a change did: of counts, of missing rows, of the time before it."""

OF_SAMPLES = frozenset({
    "balance", "common_start", "covariate_continuity", "density", "few_clusters", "mass_points", "overlap",
    "policy_support", "pre_period_length", "propensity_calibration", "small_cohorts", "weak_first_stage",
    "weak_instruments", "weight_concentration", "weight_mean",
})  # fmt: skip
"""Those of causal designs that look at who was treated and not at what became of them."""

OF_EFFECTS = frozenset({"carry_over", "novelty", "spillover", "trigger_dilution"})
"""Checks of effects, which say why where they judge none yet."""


def told_findings(
    findings: Sequence[Finding], study: Study, names: Mapping[str, str], until: date
) -> tuple[Finding, ...]:
    """`names`: arm -> alias. Numbers and details are left out; the sentence of a check that is not listed, too."""
    not_applicable = not_asked(study.plan.design.type)
    told = []
    for finding in findings:
        sentence = f"What it found is withheld until the look of {until}."
        silent = finding.passed is None and finding.diagnostic in OF_EFFECTS
        if silent or finding.diagnostic in OF_UNITS | OF_SAMPLES:
            sentence = with_aliases(finding.sentence, names)
        elif finding.sentence == not_applicable:
            sentence = not_applicable
        told.append(replace(finding, statistic=None, threshold=None, sentence=sentence, details={}))
    return tuple(told)


def with_aliases(sentence: str, names: Mapping[str, str]) -> str:
    """The sentence with every arm under its alias.

    >>> with_aliases("old 12 units, new 9 units; 'old' is older", {"old": "arm B", "new": "arm A"})
    "arm B 12 units, arm A 9 units; 'arm B' is older"
    """
    if not names:
        return sentence
    longest_first = sorted(names, key=len, reverse=True)
    arms = re.compile("|".join(rf"(?<!\w){re.escape(arm)}(?!\w)" for arm in longest_first))
    return arms.sub(lambda found: names[found.group()], sentence)
