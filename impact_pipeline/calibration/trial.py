"""One draw of a scenario through the whole assessment, and what counts of it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from impact_pipeline.assessment.assess import assess
from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.causal.base import Question
from impact_pipeline.estimators.base import Grade
from impact_pipeline.stats.refusal import Refusal

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Trial:
    """`caught` where a check that the scenario expects failed, or the estimator refused.

    `failed` are all checks that cost the grade.
    """

    method: str
    truth: float
    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    grade: Grade | None
    caught: bool
    reason: str | None
    failed: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        return self.lower is not None and self.upper is not None and self.lower <= self.truth <= self.upper

    @property
    def significant(self) -> bool:
        return self.p_value is not None and self.p_value < ALPHA

    @property
    def misleads(self) -> bool:
        """A number of a grade that may ship which claims an effect where there is none, or one of the other sign."""
        if self.value is None or self.grade == "D" or not self.significant:
            return False
        return self.truth == 0 or (self.value > 0) != (self.truth > 0)


def trial(scenario: Scenario, number: int, seed: int) -> Trial:
    """The draw of that number: the same on any machine, whatever else is drawn."""
    rng = np.random.default_rng([seed, zlib.crc32(scenario.name.encode()), number])
    drawn = scenario.draw(rng)
    found = assess(Question(drawn.sample, scenario.design, ALPHA, number, drawn.probes))
    failed = tuple(dict.fromkeys(finding.diagnostic for finding in found.failed))
    main = found.effects.main
    if isinstance(main, Refusal):
        return Trial(found.method, drawn.truth, None, None, None, None, None, True, main.reason, failed)
    caught = bool(set(failed) & set(scenario.expects))
    return Trial(
        found.method, drawn.truth, main.value, main.lower, main.upper, main.p_value, found.grade, caught, None, failed
    )  # fmt: skip
