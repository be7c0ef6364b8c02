"""One row for each unit: outcome, treatment, and what was known of it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class CrossSection:
    """Arrays by unit; all of one length, without NaN.

    `treatment` is 0 or 1 (of instruments it may be any number). `score` is the running variable of a discontinuity.
    `after` is 1 in rows after the change, where other units are seen before and after it (repeated cross-sections).
    `outcome_covariates` belong to the outcome's model alone where they differ from those of the treatment's.
    `every_score` has the finite scores of all units, also of those left out because another number of theirs is
    missing; None where nobody was left out. Its density tells how units came to their side.
    """

    outcome: Floats
    treatment: Floats
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    outcome_covariates: Mapping[str, Floats] | None = None
    score: Floats | None = None
    instruments: Mapping[str, Floats] = field(default_factory=dict)
    cluster: Places | None = None
    weights: Floats | None = None
    after: Floats | None = None
    every_score: Floats | None = None

    def __len__(self) -> int:
        return len(self.outcome)

    def design(self, names: tuple[str, ...] | None = None) -> Floats:
        """Covariates as columns, (n, k); by default all of them in their order.

        >>> section = CrossSection(np.zeros(2), np.zeros(2), {"age": np.array([30.0, 40.0])})
        >>> section.design().tolist()
        [[30.0], [40.0]]
        """
        chosen = tuple(self.covariates) if names is None else names
        return np.column_stack([self.covariates[name] for name in chosen]) if chosen else np.empty((len(self), 0))

    def keep(self, rows: NDArray[np.bool_]) -> CrossSection:
        """The units of some rows."""

        def cut(values: NDArray | None) -> NDArray | None:  # type: ignore[type-arg]
            return None if values is None else values[rows]

        def each(named: Mapping[str, Floats]) -> dict[str, Floats]:
            return {name: values[rows] for name, values in named.items()}

        return replace(
            self, outcome=self.outcome[rows], treatment=self.treatment[rows], covariates=each(self.covariates),
            outcome_covariates=None if self.outcome_covariates is None else each(self.outcome_covariates),
            score=cut(self.score), instruments=each(self.instruments), cluster=cut(self.cluster),
            weights=cut(self.weights), after=cut(self.after),
        )  # fmt: skip
