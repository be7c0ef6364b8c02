"""A way to draw samples whose true effect is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from impact_pipeline.stats.samples.sample import Sample


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sample and its true effect, in the estimand of the scenario's design.

    `probes` are the sample with outcomes that the change cannot have moved.
    """

    sample: Sample
    truth: float
    probes: Mapping[str, Sample] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scenario:
    """`design` is a document of `catalog.causal`. Where its assumptions do not hold, `broken` says how.

    `expects` names the checks of which at least one has to fail then. `quick` is how many draws a quick run takes.
    """

    name: str
    title: str
    design: Any
    draw: Callable[[np.random.Generator], Drawn]
    broken: str = ""
    expects: tuple[str, ...] = ()
    quick: int = 8

    @property
    def holds(self) -> bool:
        """Whether the design's assumptions hold."""
        return not self.broken
