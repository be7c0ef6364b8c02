"""A cross-section with those covariates only that say something of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.stats.partialling import aliased, scaled
from impact_pipeline.stats.samples.cross_section import CrossSection


def without_aliased(section: CrossSection) -> CrossSection:
    """Leaves out covariates that do not vary, or that the ones before them determine, as in a part of a sample.

    >>> section = CrossSection(np.zeros(4), np.zeros(4), {"a": np.arange(4.0), "b": 1 + 2 * np.arange(4.0)})
    >>> tuple(without_aliased(section).covariates)
    ('a',)
    """
    if not section.covariates:
        return section
    idle = aliased(*scaled(np.stack(list(section.covariates.values()))))
    if not idle:
        return section
    names = [name for place, name in enumerate(section.covariates) if place not in idle]
    return replace(section, covariates={name: section.covariates[name] for name in names})
