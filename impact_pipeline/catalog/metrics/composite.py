"""Metric type `composite`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import field_validator

from impact_pipeline.catalog.document import Expression
from impact_pipeline.catalog.metrics.base import NO_PARTS, Cap, Metric, Place
from impact_pipeline.catalog.metrics.caps import cap_in_words, capped
from impact_pipeline.catalog.metrics.count import CountMetric
from impact_pipeline.catalog.metrics.linear import linear_terms
from impact_pipeline.catalog.metrics.mean import MeanMetric
from impact_pipeline.catalog.metrics.readings import Reading, UnitTotal, UnitValue, counted, summed

FORMULA: Place = ("formula",)


class CompositeMetric(Metric):
    """Average over units of a linear formula of other metrics, by name: `revenue_per_user - cost_per_user`.

    The parts are `mean` or `count` metrics without caps, about the same entity, in the same unit, over the same window.

    >>> document = {"name": "margin", "owner": "team:shop", "description": "x", "version": 1, "label": "Margin"}
    >>> document |= {"unit": "EUR", "better": "higher", "window": {"days": 7}, "type": "composite"}
    >>> CompositeMetric(**document, formula="revenue - 0.3 * (cost + fees)").parts
    ('revenue', 'cost', 'fees')
    """

    type: Literal["composite"]
    formula: Expression
    cap: Cap | None = None

    @field_validator("formula")
    @classmethod
    def _formula_is_linear(cls, formula: str) -> str:
        linear_terms(formula)
        return formula

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(linear_terms(self.formula))

    def misfits(self, parts: Mapping[str, Metric]) -> Iterator[tuple[Place, str]]:
        for name, part in parts.items():
            if not isinstance(part, MeanMetric | CountMetric):
                yield FORMULA, f"metric '{name}' is of type '{part.type}'; a formula takes 'mean' and 'count' metrics"
            elif part.cap is not None:
                yield FORMULA, f"metric '{name}' has a cap; use one without, and cap the composite"
            if part.window != self.window:
                yield (
                    FORMULA,
                    f"metric '{name}' is over {part.window}, this one over {self.window}; give both one window",
                )
            if part.unit != self.unit:
                yield FORMULA, f"metric '{name}' is in '{part.unit}', this one in '{self.unit}'; use one unit"

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        terms = linear_terms(self.formula)
        value = UnitValue(tuple((factor, self._total(parts[name])) for name, factor in terms.items()))
        return capped(Reading("", self.label, "mean", value), self.cap)

    def _total(self, part: Metric) -> UnitTotal:
        """The part's own total over this metric's window."""
        if isinstance(part, CountMetric):
            return counted(part.value, self.window)
        if isinstance(part, MeanMetric):
            return summed(part.value, self.window)
        raise TypeError(f"a formula takes no metric of type '{part.type}'")

    def formula_in_words(self, entity: str) -> str:
        return f"average over {entity}s of {self.formula}{cap_in_words(self.cap, self.unit)}"
