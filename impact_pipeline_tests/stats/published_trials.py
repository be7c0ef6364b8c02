"""Trials whose meta-analyses are published."""

from __future__ import annotations

from math import log, sqrt

Estimates = tuple[list[float], list[float]]
"""Values and their standard errors."""

BCG = (
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
)
"""BCG vaccine against tuberculosis: cases and others among the vaccinated, then in control. Colditz et al. (1994), JAMA
271, 698-702."""

CLASP = (
    (5, 156, 8, 74),
    (5, 303, 17, 303),
    (12, 565, 9, 477),
    (69, 1570, 94, 1565),
    (9, 103, 11, 105),
    (313, 4659, 352, 4650),
)
"""Aspirin against pre-eclampsia: cases among the treated, and in control. CLASP group (1994), Lancet 343, 619-629."""


def bcg_log_risk_ratios() -> Estimates:
    values = [log(a / (a + b)) - log(c / (c + d)) for a, b, c, d in BCG]
    return values, [sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)) for a, b, c, d in BCG]


def clasp_log_odds_ratios() -> Estimates:
    tables = [(a, n1 - a, c, n2 - c) for a, n1, c, n2 in CLASP]
    return [log(a * d / (b * c)) for a, b, c, d in tables], [
        sqrt(1 / a + 1 / b + 1 / c + 1 / d) for a, b, c, d in tables
    ]
