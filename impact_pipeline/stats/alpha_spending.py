"""How much of alpha may be spent by the time a fraction of the planned information is in.

Each takes a fraction above 0, of which more than 1 counts as 1, and the alpha of one side.
"""

from __future__ import annotations

from collections.abc import Callable
from math import e, expm1, log1p, sqrt

Spending = Callable[[float, float], float]
"""(information fraction, alpha) -> alpha spent so far: rises with both, to alpha at fraction 1."""


def obrien_fleming(fraction: float, alpha: float) -> float:
    """`2 - 2 Phi(z(1 - alpha / 2) / sqrt(fraction))`: hardly anything early, about O'Brien and Fleming's bounds.

    Lan, DeMets (1983), Biometrika 70.

    >>> [round(obrien_fleming(fraction, 0.025), 5) for fraction in (0.2, 0.6, 1.0)]
    [0.0, 0.00381, 0.025]
    """
    from scipy.special import ndtr, ndtri

    return float(2 * ndtr(ndtri(alpha / 2) / sqrt(min(fraction, 1.0))))


def pocock(fraction: float, alpha: float) -> float:
    """`alpha ln(1 + (e - 1) fraction)`: about even bounds at even looks. Lan, DeMets (1983), Biometrika 70.

    >>> round(pocock(0.5, 0.025), 4)
    0.0155
    """
    return alpha * log1p((e - 1) * min(fraction, 1.0))


def kim_demets(fraction: float, alpha: float, rho: float = 3.0) -> float:
    """`alpha fraction^rho`, rho > 0: the larger rho, the later. Kim, DeMets (1987), Biometrika 74.

    >>> round(kim_demets(0.5, 0.025), 6)
    0.003125
    """
    return alpha * float(min(fraction, 1.0) ** rho)


def hwang_shih_decani(fraction: float, alpha: float, gamma: float = -4.0) -> float:
    """`alpha (1 - exp(-gamma fraction)) / (1 - exp(-gamma))`, even at gamma 0: the smaller gamma, the later.

    -4 is near O'Brien and Fleming's bounds, 1 near Pocock's. Hwang, Shih, de Cani (1990), Statistics in Medicine 9.

    >>> round(hwang_shih_decani(0.5, 0.025), 5)
    0.00298
    """
    reached = min(fraction, 1.0)
    return alpha * (expm1(-gamma * reached) / expm1(-gamma) if gamma else reached)
