"""The same comparison with squares and products of covariates in both models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.columns import independent
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.refusal import Refusal

UNITS_PER_COLUMN = 20
"""Units of the smaller arm for each column that a richer model may have."""


def richer(ready: Prepared) -> Prepared | Refusal:
    """Squares of covariates with more than two values first, then products, as far as the smaller arm carries them.

    Covariates of either model go into both. Refused where not even squares can be added, or there is nothing to square.

    >>> from impact_pipeline.stats.samples.cross_section import CrossSection
    >>> x = np.linspace(0, 1, 400)
    >>> section = CrossSection(x**2, (np.arange(400) % 3 == 0) * 1.0, {"x": x})
    >>> richer(prepared(section)).columns.names
    ('x', 'x^2')
    """
    sample = ready.sample
    given = {**sample.covariates, **(sample.outcome_covariates or {})}
    smaller = int(min(sample.treatment.sum(), len(sample) - sample.treatment.sum()))
    room = smaller // UNITS_PER_COLUMN - len(given)
    added = _added(given, room)
    if not added and sample.outcome_covariates is None:
        told = (
            f"the smaller arm of {smaller} units carries no square of {len(given)} covariates, or none can be squared"
        )
        return Refusal("too_few_units", told)
    kind = "logit" if isinstance(ready.score, Refusal) else ready.score.link
    section = replace(sample, covariates=independent({**given, **added}, len(sample)), outcome_covariates=None)
    return prepared(section, estimand=ready.estimand, link=kind, interactions=ready.interactions)


def _added(given: Mapping[str, Array], room: int) -> dict[str, Array]:
    centred = {name: _standard(values) for name, values in given.items()}
    many = [name for name, values in given.items() if len(np.unique(values[:2000])) > 2]
    squares = {f"{name}^2": centred[name] ** 2 for name in many}
    if len(squares) > room:
        return {}
    products = {f"{one} x {other}": centred[one] * centred[other] for one, other in combinations(given, 2)}
    return squares | (products if len(squares) + len(products) <= room else {})


def _standard(values: Array) -> Array:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
