"""Anderson-Rubin: every effect that the instruments do not reject, exact whatever their strength."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal

REAL = 1e-6
"""Imaginary share up to which a root of the polynomial is real; a root that is not one changes nothing."""
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class AndersonRubin:
    """Statistic and p-value of an effect of 0, and the set of effects with `p > alpha` as intervals in order.

    The set is empty where every effect is rejected: instruments contradict each other.
    """

    statistic: float
    p_value: float
    intervals: tuple[Interval, ...]

    @property
    def is_bounded(self) -> bool:
        return all(np.isfinite(self.intervals).ravel()) if self.intervals else True

    @property
    def hull(self) -> Interval | None:
        """The least interval that holds the set."""
        return (self.intervals[0][0], self.intervals[-1][1]) if self.intervals else None

    def told(self) -> str:
        """The set in words.

        >>> AndersonRubin(1.0, 0.4, ((-np.inf, 0.5), (2.0, np.inf))).told()
        'below 0.5 or above 2'
        """
        return " or ".join(map(_told, self.intervals)) or "empty"


def anderson_rubin(rows: Instrumented, alpha: float = 0.05) -> AndersonRubin | Refusal:
    """`g(b)' V(b)^-1 g(b) / q` against F(q, df), `g(b) = Q (y - b d)`, V its covariance were b the effect.

    V is quadratic in b, so the set's bounds are roots of a polynomial: of a quadratic with one instrument or classical
    errors, otherwise eigenvalues of a pencil; none is searched for on a grid. Anderson, Rubin (1949), Annals of
    Mathematical Statistics 20; under other errors Stock, Wright (2000), Econometrica 68. df: see `Instrumented.spread`.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> rng = np.random.default_rng(0)
    >>> z, u = rng.normal(size=(2, 400))
    >>> d = z + u
    >>> found = anderson_rubin(instrumented(2 * d - 3 * u, d, {"z": z}, {}))
    >>> found.told(), found.p_value < 0.001
    ('from 1.547 to 2.014', True)
    """
    from scipy.special import fdtrc, fdtri

    forms = _Forms.of(rows)
    freedom = rows.spread(rows.instruments)
    if rows.errors == "cluster" and freedom < rows.instruments:
        detail = f"{rows.instruments} instruments need more than {rows.clusters} clusters for their errors"
        return Refusal("too_few_clusters", detail)
    if min(np.linalg.matrix_rank(forms.variance(b)) for b in (0.0, _whereabouts(forms)[0])) < rows.instruments:
        return Refusal("zero_variance", "instruments and covariates determine the outcome: there is no error")
    critical = float(fdtri(rows.instruments, freedom, 1 - alpha))
    statistic = forms.statistic(0.0)
    p_value = float(fdtrc(rows.instruments, freedom, statistic))
    return AndersonRubin(statistic, p_value, _below(forms, critical, rows.errors == "classical"))


@dataclass(frozen=True, slots=True, eq=False)
class _Forms:
    """`g(b) = reduced - b first` and `V(b) = own - b cross + b^2 square`, of q instruments."""

    reduced: Array
    first: Array
    own: Array
    cross: Array
    square: Array

    @classmethod
    def of(cls, rows: Instrumented) -> _Forms:
        count = rows.instruments
        y, d = rows.reduced_form_residuals, rows.first_stage_residuals
        own, square = rows.meat(rows.basis, y, count), rows.meat(rows.basis, d, count)
        if rows.errors == "classical":
            across = np.eye(count) * float(summed("i,i->", y, d)) / (rows.n - rows.exogenous - count)
        else:
            across = rows.score_products(rows.basis * y, rows.basis * d) * rows.correction(count)
        return cls(*rows.pulls, own, across + across.T, square)

    def gap(self, effect: float) -> Array:
        return self.reduced - effect * self.first

    def variance(self, effect: float) -> Array:
        return self.own - effect * self.cross + effect**2 * self.square

    def statistic(self, effect: float) -> float:
        gap = self.gap(effect)
        return float(gap @ np.linalg.solve(self.variance(effect), gap)) / len(gap)

    def moved(self, place: float, scale: float) -> _Forms:
        """The same forms of t, where the effect is `place + scale t`, in coordinates in which V(0) is the identity."""
        root = np.asarray(np.linalg.inv(np.linalg.cholesky(self.variance(place))), dtype=np.float64)
        cross, square = (self.cross - 2 * place * self.square) * scale, self.square * scale**2
        turned = [summed("ab,bc,dc->ad", root, matrix, root) for matrix in (self.variance(place), cross, square)]
        return _Forms(root @ self.gap(place), root @ self.first * scale, *turned)


def _below(forms: _Forms, critical: float, is_classical: bool) -> tuple[Interval, ...]:
    """Effects whose statistic is at most the critical value."""
    place, scale = _whereabouts(forms)
    moved = forms.moved(place, scale)
    bounds = _quadratic(moved, critical) if is_classical or len(forms.first) == 1 else _pencil(moved, critical)
    edges = [-np.inf, *(place + scale * bound for bound in bounds), np.inf]
    inside = [moved.statistic(t) <= critical for t in _between(bounds)]
    return _joined([(low, high) for low, high, kept in zip(edges[:-1], edges[1:], inside, strict=True) if kept])


def _whereabouts(forms: _Forms) -> tuple[float, float]:
    """A place and a scale on which the set's bounds are numbers of ordinary size."""
    strength = float(summed("q,q->", forms.first, forms.first))
    if not strength:
        return 0.0, 1.0
    place = float(summed("q,q->", forms.first, forms.reduced)) / strength
    spread = float(summed("q,qr,r->", forms.first, forms.variance(place), forms.first)) ** 0.5 / strength
    return place, spread or 1.0


def _quadratic(forms: _Forms, critical: float) -> list[float]:
    """Roots of `g(t)' g(t) = critical q V(t)`, V a number (times the identity), in order."""
    limit = critical * len(forms.first)
    a = float(summed("q,q->", forms.first, forms.first)) - limit * float(forms.square[0, 0])
    b = -2 * float(summed("q,q->", forms.first, forms.reduced)) + limit * float(forms.cross[0, 0])
    c = float(summed("q,q->", forms.reduced, forms.reduced)) - limit * float(forms.own[0, 0])
    inner = b**2 - 4 * a * c
    if inner <= 0:
        return []
    if a == 0:
        return [-c / b]
    half = -(b + np.copysign(inner**0.5, b)) / 2
    return sorted(float(root) for root in ((half / a, c / half) if half else (0.0, -b / a)))


def _pencil(forms: _Forms, critical: float) -> list[float]:
    """Real t at which `[[critical q, g'], [g, V]]` is singular, in order, by its companion pencil."""
    from scipy.linalg import eigvals

    size = len(forms.first) + 1
    constant, linear, square = np.zeros((3, size, size))
    constant[0, 0] = critical * len(forms.first)
    for matrix, vector, inner in (
        (constant, forms.reduced, forms.own), (linear, -forms.first, -forms.cross), (square, None, forms.square),
    ):  # fmt: skip
        matrix[1:, 1:] = inner
        if vector is not None:
            matrix[0, 1:] = matrix[1:, 0] = vector
    eye, nothing = np.eye(size), np.zeros((size, size))
    left = np.block([[nothing, eye], [-constant, -linear]])
    right = np.block([[eye, nothing], [nothing, square]])
    found = eigvals(left, right)
    finite = found[np.isfinite(found)]
    real = finite[np.abs(finite.imag) <= REAL * np.maximum(1.0, np.abs(finite))].real
    return sorted(float(root) for root in real)


def _between(bounds: Sequence[float]) -> list[float]:
    """A point of each part into which the bounds cut the line."""
    if not bounds:
        return [0.0]
    middles = [(low + high) / 2 for low, high in pairwise(bounds)]
    reach = 1.0 + abs(bounds[0]) + abs(bounds[-1])
    return [bounds[0] - reach, *middles, bounds[-1] + reach]


def _joined(parts: Sequence[Interval]) -> tuple[Interval, ...]:
    """Parts that touch, as one."""
    joined: list[Interval] = []
    for low, high in parts:
        if joined and joined[-1][1] == low:
            low = joined.pop()[0]
        joined.append((low, high))
    return tuple((float(low), float(high)) for low, high in joined)


def _told(interval: Interval) -> str:
    low, high = interval
    if not np.isfinite(low) and not np.isfinite(high):
        return "every number"
    if not np.isfinite(low):
        return f"below {high:.4g}"
    return f"above {low:.4g}" if not np.isfinite(high) else f"from {low:.4g} to {high:.4g}"
