"""The Bayesian reading of an estimate: what the effect may be, given a prior, and what each choice may lose.

Normal estimate, Normal prior. A prior comes from the history of past studies or is stated in the plan; this reading
stands beside the interval and the p-value of the estimate and replaces neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, pi, sqrt
from typing import Literal

from impact_pipeline.stats.meta_analysis import Method, between_variance, pooled_mean

LEAST_STUDIES = 5
"""Fewer past studies say next to nothing of how much true effects vary."""


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """What is believed of the effect before the study, in the effect's unit."""

    mean: float
    std_dev: float

    def __post_init__(self) -> None:
        if not self.std_dev > 0:
            raise ValueError(f"a prior needs a standard deviation above 0, found {self.std_dev}")


@dataclass(frozen=True, slots=True)
class TooLittleHistory:
    """Why past studies make no prior."""

    detail: str


@dataclass(frozen=True, slots=True)
class Posterior:
    """Normal distribution of the effect; `shrinkage` is the way (0..1) from the estimate to the prior's mean."""

    mean: float
    std_dev: float
    shrinkage: float

    def probability_better(self, by: float = 0.0, *, higher_is_better: bool = True) -> float:
        """P(effect > by), or P(-effect > by) where lower is better; `by = -margin` asks for non-inferiority.

        >>> Posterior(1.0, 1.0, 0.0).probability_better(by=1.0)
        0.5
        """
        from scipy.special import ndtr

        return float(ndtr((self._gain(higher_is_better) - by) / self.std_dev))

    def credible_interval(self, level: float) -> tuple[float, float]:
        """The central interval that holds the effect with probability `level`.

        >>> [round(bound, 2) for bound in Posterior(1.0, 1.0, 0.0).credible_interval(0.95)]
        [-0.96, 2.96]
        """
        from scipy.special import ndtri

        half_width = float(ndtri((1 + level) / 2)) * self.std_dev
        return self.mean - half_width, self.mean + half_width

    def expected_loss(self, choice: Literal["treatment", "control"], *, higher_is_better: bool = True) -> float:
        """What the choice forgoes on average: `E[max(0, -gain)]` of treatment, `E[max(0, gain)]` of control.

        The gain is the effect, or its negative where lower is better; with z its mean (for control, its negative) over
        `std_dev`, the loss is `std_dev (phi(z) - z Phi(-z))`. In the effect's unit.

        >>> round(Posterior(0.0, 1.0, 0.0).expected_loss("treatment"), 4)
        0.3989
        """
        from scipy.special import ndtr

        gain = self._gain(higher_is_better)
        z = (gain if choice == "treatment" else -gain) / self.std_dev
        return max(0.0, self.std_dev * (exp(-z * z / 2) / sqrt(2 * pi) - z * float(ndtr(-z))))

    def _gain(self, higher_is_better: bool) -> float:
        return self.mean if higher_is_better else -self.mean


def posterior(value: float, std_error: float, prior: NormalPrior) -> Posterior:
    """The prior updated by an estimate: means weighed by `1 / variance`, whose sum is the new `1 / variance`.

    `shrinkage = se^2 / (se^2 + sd^2)`, `mean = value + shrinkage (prior mean - value)`, `variance = shrinkage sd^2`.
    Takes the standard error (above 0) as known. Gelman et al. (2013), Bayesian Data Analysis, section 2.5.

    >>> found = posterior(0.04, 0.02, NormalPrior(0.0, 0.02))
    >>> found.mean, round(found.std_dev, 4), found.shrinkage
    (0.02, 0.0141, 0.5)
    """
    if not std_error > 0:
        raise ValueError(f"an estimate needs a standard error above 0, found {std_error}")
    shrinkage = std_error**2 / (std_error**2 + prior.std_dev**2)
    mean = (1 - shrinkage) * value + shrinkage * prior.mean
    return Posterior(mean, sqrt(shrinkage) * prior.std_dev, shrinkage)


def prior_from_history(
    values: Sequence[float],
    std_errors: Sequence[float],
    *,
    mean: float | None = 0.0,
    method: Method = "adjusted_likelihood",
) -> NormalPrior | TooLittleHistory:
    """Empirical-Bayes prior: the distribution of true effects (lifts) that past studies of a metric had.

    Its variance is the variance between studies, around `mean` or, where that is None, around the pooled mean. It is
    then taken as known: after a short history the adjusted likelihood keeps credible intervals at their level, where
    the other methods leave them too narrow or find no variance. All studies belong in the history, the failed too: of
    the shipped alone the lifts are too large. Efron, Morris (1973), JASA 68; Li, Lahiri (2010), Journal of Multivariate
    Analysis 101.

    >>> lifts, errors = [0.03, -0.01, 0.02, 0.05, -0.03, 0.00], [0.01] * 6
    >>> prior = prior_from_history(lifts, errors)
    >>> prior.mean, round(prior.std_dev, 4)
    (0.0, 0.034)
    """
    if len(values) < LEAST_STUDIES:
        return TooLittleHistory(f"{len(values)} past studies, and a prior needs {LEAST_STUDIES} at least")
    variance = between_variance(values, std_errors, method, mean)
    if variance == 0:
        return TooLittleHistory("past effects differ by no more than their standard errors, so no prior can be told")
    centre = pooled_mean(values, std_errors, variance) if mean is None else mean
    return NormalPrior(centre, sqrt(variance))
