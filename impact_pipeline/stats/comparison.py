"""Two arms before the data: the standard error of `treatment - multiple * control` for any number of units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from impact_pipeline.stats.unit_variance import proportion_variance


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is known of one unit in each arm; see `unit_variance` for the variances of each kind of metric.

    Shares are of all units of the study, and need not add up to 1 where it has other arms. `multiple` is 1 for a
    difference and `1 + l` where the lift l is the null: Fieller's variance of `t - (1 + l) c`. `covariate_variance` is
    what CUPED removed from the variance; it returns where the multiple is not 1, for both adjusted means hold the
    covariate's mean. Units come in clusters of mean size `cluster_size` (the variances hold the design effect), which
    limit the degrees of freedom. `null_ratio` is the standard error used by the test over the true one.
    """

    treatment_variance: float
    control_variance: float
    treatment_share: float = 0.5
    control_share: float = 0.5
    multiple: float = 1.0
    covariate_variance: float = 0.0
    cluster_size: float = 1.0
    null_ratio: float = 1.0

    def __post_init__(self) -> None:
        if min(self.treatment_variance, self.control_variance, self.covariate_variance) < 0:
            raise ValueError("a variance lies below 0")
        shares = self.treatment_share, self.control_share
        if min(shares) <= 0 or sum(shares) > 1 + 1e-9:
            raise ValueError(f"shares of {shares} are not above 0 with a sum of at most 1")
        if self.cluster_size < 1:
            raise ValueError(f"a cluster of {self.cluster_size:g} units")

    @property
    def variance(self) -> float:
        """Of `treatment - multiple * control`, times the units of the whole study."""
        through_covariate = (self.multiple - 1) ** 2 * self.covariate_variance
        return sum(self._parts) + through_covariate / (self.treatment_share + self.control_share)

    @property
    def least_units(self) -> float:
        """Units that give each arm two clusters: the fewest from which Welch's test has a variance."""
        return 2 * self.cluster_size / min(self.treatment_share, self.control_share)

    def std_error(self, units: float) -> float:
        """With this many units in the whole study.

        >>> Comparison(4.0, 4.0).std_error(400)
        0.2
        """
        return sqrt(self.variance / units)

    def degrees_of_freedom(self, units: float) -> float:
        """Welch's and Satterthwaite's, with clusters as the independent units; needs a variance."""
        if units < self.least_units:
            raise ValueError(f"{units:g} units give an arm fewer than two independent ones; {self.least_units:g} do")
        of_treatment, of_control = self._parts
        clusters = units / self.cluster_size
        return (of_treatment + of_control) ** 2 / (
            of_treatment**2 / (clusters * self.treatment_share - 1)
            + of_control**2 / (clusters * self.control_share - 1)
        )

    @property
    def _parts(self) -> tuple[float, float]:
        return (
            self.treatment_variance / self.treatment_share,
            self.multiple**2 * self.control_variance / self.control_share,
        )


def proportions(
    treatment: float, control: float, treatment_share: float = 0.5, control_share: float = 0.5, *, pooled: bool = False
) -> Comparison:
    """Of two proportions, each with its own variance under the effect; `pooled` is the test with one variance for both.

    The pooled test's standard error is that of the common proportion, as in R's power.prop.test. Fleiss, Levin, Paik
    (2003), Statistical Methods for Rates and Proportions, chapter 4.

    >>> round(proportions(0.75, 0.5, pooled=True).null_ratio, 4)
    1.0351
    """
    own = Comparison(proportion_variance(treatment), proportion_variance(control), treatment_share, control_share)
    if not pooled:
        return own
    common = (treatment_share * treatment + control_share * control) / (treatment_share + control_share)
    null = replace(own, treatment_variance=proportion_variance(common), control_variance=proportion_variance(common))
    return replace(own, null_ratio=sqrt(null.variance / own.variance))


def against_relative_margin(
    comparison: Comparison, control_mean: float, margin: float, *, lift: float = 0.0, better: int = 1
) -> tuple[float, Comparison]:
    """For `non_inferiority.relative_margin_test` (one-sided): the effect counted from the margin, and its comparison.

    Margin and true lift are shares of the control mean; `better` is 1 or, where lower is better, -1.

    >>> effect, comparison = against_relative_margin(Comparison(9.0, 9.0), 2.0, 0.02)
    >>> effect, comparison.multiple
    (0.04, 0.98)
    """
    return control_mean * (better * lift + margin), replace(comparison, multiple=1 - better * margin)
