"""How a statistic becomes an interval and a p-value: one method for both, for a fixed number of looks or for any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np

from impact_pipeline.stats import confidence_sequence, group_sequential
from impact_pipeline.stats.alpha_spending import obrien_fleming, pocock
from impact_pipeline.stats.moments import Real

SPENDING = {"obrien_fleming": obrien_fleming, "pocock": pocock}


class Inference(Protocol):
    """`value +- critical_value x standard error` is the interval that leaves out 0 exactly where `p_value <= alpha`.

    `degrees_of_freedom` are those of the standard error, `n` the units that the estimate is made from; floats or
    arrays. `alpha` is the plan's, by which a sequence is tuned. The one-sided pair judges margins: `upper_p_value <=
    alpha` exactly where the statistic is at or above `upper_critical_value`.
    """

    name: ClassVar[str]

    def critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real: ...

    def p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real: ...

    def upper_critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real: ...

    def upper_p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real: ...


@dataclass(frozen=True, slots=True)
class FixedHorizon:
    """Student's t at one look planned beforehand; read at several looks it errs more often than it says."""

    name: ClassVar[str] = "fixed_horizon"

    def critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real:
        """
        >>> round(FixedHorizon().critical_value(0.05, 10.0, 12.0), 3)
        2.228
        """
        return quantile(1 - alpha / 2, degrees_of_freedom)

    def p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real:
        return 2 * upper_tail(np.abs(statistic), degrees_of_freedom)

    def upper_critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real:
        return quantile(1 - alpha, degrees_of_freedom)

    def upper_p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real:
        return upper_tail(statistic, degrees_of_freedom)


@dataclass(frozen=True, slots=True)
class AlwaysValid:
    """The asymptotic confidence sequence: every look's interval holds at once, however often and whenever one looks.

    At `planned_n` units and the level `tuned_at`, by default the one asked for, it is tightest. See
    `confidence_sequence`.
    """

    planned_n: float
    tuned_at: float | None = None
    name: ClassVar[str] = "always_valid"

    def critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real:
        """
        >>> round(float(AlwaysValid(10_000).critical_value(0.05, float("inf"), 10_000.0)), 3)
        3.035
        """
        return _where_units(
            n, confidence_sequence.critical_value(_counted(n), self.planned_n, alpha, tuned_at=self.tuned_at)
        )

    def p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real:
        return confidence_sequence.p_value(statistic, _counted(n), self.planned_n, self.tuned_at or alpha)

    def upper_critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real:
        return _where_units(
            n, confidence_sequence.critical_value(_counted(n), self.planned_n, alpha, tuned_at=self.tuned_at, sides=1)
        )

    def upper_p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real:
        return confidence_sequence.p_value(statistic, _counted(n), self.planned_n, self.tuned_at or alpha, sides=1)


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """Looks planned beforehand share alpha by a spending function; `information` is that of the looks so far.

    p-values are read from a table of bounds. See `group_sequential`.
    """

    information: tuple[float, ...]
    spending: Literal["obrien_fleming", "pocock"]
    name: ClassVar[str] = "group_sequential"

    def critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real:
        """
        >>> thirds = GroupSequential((1 / 3, 2 / 3, 1.0), "obrien_fleming")
        >>> round(thirds.critical_value(0.05, float("inf"), 1.0), 2)
        1.99
        """
        return group_sequential.critical_value(self.information, SPENDING[self.spending], alpha)

    def p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real:
        return self._p_value(statistic, alpha, 2)

    def upper_critical_value(self, alpha: float, degrees_of_freedom: Real, n: Real) -> Real:
        return group_sequential.critical_value(self.information, SPENDING[self.spending], alpha, sides=1)

    def upper_p_value(self, statistic: Real, degrees_of_freedom: Real, n: Real, alpha: float) -> Real:
        return self._p_value(statistic, alpha, 1)

    def _p_value(self, statistic: Real, alpha: float, sides: Literal[1, 2]) -> Real:
        spending = SPENDING[self.spending]
        values = np.asarray(statistic, dtype=np.float64)
        found = group_sequential.p_values(np.atleast_1d(values), self.information, spending, alpha, sides=sides)
        return found if values.ndim else float(found[0])


def _counted(n: Real) -> Real:
    return np.maximum(n, 1.0)


def _where_units(n: Real, critical_value: Real) -> Real:
    """Without units there is no interval."""
    return np.where(np.asarray(n) > 0, critical_value, np.nan)


def quantile(probability: float, degrees_of_freedom: Real) -> Real:
    """Quantile of Student's t.

    >>> round(float(quantile(0.975, float("inf"))), 3)
    1.96
    """
    from scipy.special import ndtri, stdtrit

    degrees = np.asarray(degrees_of_freedom, dtype=np.float64)
    found = np.where(
        np.isinf(degrees), ndtri(probability), stdtrit(np.where(np.isinf(degrees), 1.0, degrees), probability)
    )
    return found if isinstance(degrees_of_freedom, np.ndarray) else float(found)


def upper_tail(statistic: Real, degrees_of_freedom: Real) -> Real:
    """Probability that Student's t exceeds the statistic.

    >>> round(float(upper_tail(1.96, float("inf"))), 4)
    0.025
    """
    from scipy.special import ndtr, stdtr

    degrees = np.asarray(degrees_of_freedom, dtype=np.float64)
    found = np.where(
        np.isinf(degrees),
        ndtr(-np.asarray(statistic)),
        stdtr(np.where(np.isinf(degrees), 1.0, degrees), -np.asarray(statistic)),
    )
    return found if isinstance(statistic, np.ndarray) or isinstance(degrees_of_freedom, np.ndarray) else float(found)
