"""How often tests that are looked at again and again reject, on drawn data: rows of a table that is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats

from impact_pipeline.stats import confidence_sequence, group_sequential
from impact_pipeline.stats.alpha_spending import Spending, hwang_shih_decani, kim_demets, obrien_fleming, pocock
from impact_pipeline.stats.group_sequential_power import power_by_look
from impact_pipeline.stats.sample_ratio_sequence import log_e_value, p_value

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CHUNK = 100
"""Studies drawn at once."""

SPENDINGS: dict[str, Spending] = {
    "O'Brien-Fleming": obrien_fleming,
    "Pocock": pocock,
    "Kim-DeMets 3": kim_demets,
    "Hwang-Shih-DeCani -4": hwang_shih_decani,
}


@dataclass(frozen=True, slots=True)
class Row:
    """How often `method` rejected; `promised` is the rate it is built to keep (a limit for sequences)."""

    setting: str
    method: str
    promised: float
    rate: float
    draws: int

    @property
    def monte_carlo_error(self) -> float:
        """Standard error of `rate`, were it as promised."""
        return float(np.sqrt(self.promised * (1 - self.promised) / self.draws))


def table(rows: Iterable[Row]) -> str:
    lines = [f"{'setting':44} {'method':34} {'promised':>8} {'rate':>8} {'draws':>8}"]
    lines += [f"{r.setting:44} {r.method:34} {r.promised:8.4f} {r.rate:8.4f} {r.draws:8d}" for r in rows]
    return "\n".join(lines)


def nightly_looks(rng: Generator, draws: int, *, nights: int = 60, units: int = 100, alpha: float = 0.05) -> list[Row]:
    """False positives over all nights of an A/A study with `units` exponential outcomes a night in each arm."""
    fractions = np.arange(1, nights + 1) / nights
    total, planned = 2 * units * nights * fractions, 2 * units * nights
    limits = {
        "t test every night": stats.t.ppf(1 - alpha / 2, total - 2),
        "confidence sequence": np.asarray(confidence_sequence.critical_value(total, planned, alpha)),
        "group sequential, O'Brien-Fleming": np.array(
            group_sequential.spending_bounds(fractions.tolist(), obrien_fleming, alpha)
        ),
    }
    upper = confidence_sequence.critical_value(total, planned, alpha, sides=1)
    found = dict.fromkeys([*limits, "confidence sequence, one side"], 0)
    for statistics in _welch(rng, draws, nights, units):
        for name, limit in limits.items():
            found[name] += int(np.count_nonzero((np.abs(statistics) > limit).any(axis=1)))
        found["confidence sequence, one side"] += int(np.count_nonzero((statistics > upper).any(axis=1)))
    return [Row(f"A/A, {nights} nightly looks", name, alpha, count / draws, draws) for name, count in found.items()]


def _welch(rng: Generator, draws: int, nights: int, units: int) -> Iterator[Floats]:
    """Statistics of each night, for a chunk of studies at a time."""
    for start in range(0, draws, CHUNK):
        y = rng.standard_exponential((min(CHUNK, draws - start), 2, nights, units))
        n = units * np.arange(1, nights + 1)
        total, squares = y.sum(axis=-1).cumsum(axis=-1), (y**2).sum(axis=-1).cumsum(axis=-1)
        variance = (squares - total**2 / n) / (n - 1)
        yield (total[:, 0] - total[:, 1]) / n / np.sqrt(variance.sum(axis=1) / n)


def looks_after_every_pair(
    rng: Generator, draws: int = 2000, *, pairs: int = 5000, first: int = 100, planned: int = 500, effect: float = 0.0
) -> list[Row]:
    """Chance ever to leave out the effect, looking at the mean difference after each pair from the `first` on."""
    n = np.arange(1.0, pairs + 1)
    limit = np.asarray(confidence_sequence.critical_value(n, planned, 0.05))
    left_out = {"confidence sequence": 0, "t test after every pair": 0}
    for start in range(0, draws, CHUNK):
        difference = rng.normal(effect, np.sqrt(2), (min(CHUNK, draws - start), pairs))
        mean = difference.cumsum(axis=1) / n
        variance = ((difference**2).cumsum(axis=1) / n - mean**2) * n / np.maximum(n - 1, 1)
        away = np.abs(mean - effect)[:, first - 1 :] / np.sqrt(variance / n)[:, first - 1 :]
        left_out["confidence sequence"] += int(np.count_nonzero((away > limit[first - 1 :]).any(axis=1)))
        left_out["t test after every pair"] += int(np.count_nonzero((away > 1.96).any(axis=1)))
    setting = f"{pairs} pairs, effect {effect:g}, a look after each"
    return [Row(setting, name, 0.05, count / draws, draws) for name, count in left_out.items()]


def cumulative_counts(rng: Generator, draws: int, days: int, units: int, shares: Sequence[float]) -> NDArray[np.int64]:
    """Units so far in each arm: (draws, days, arms)."""
    return rng.multinomial(units, shares, size=(draws, days)).cumsum(axis=1)


def mismatch_alarms(
    rng: Generator, draws: int, *, days: int = 30, units: int = 2000, shares: Sequence[float] = (0.5, 0.5)
) -> list[Row]:
    """False alarms over daily looks, of the e-value and of Pearson's chi-square."""
    counts = cumulative_counts(rng, draws, days, units, shares)
    smallest = {"e-value": np.asarray(p_value(log_e_value(counts, shares)))[:, -1]}
    smallest["chi-square"] = _chi_square(counts, shares).min(axis=1)
    setting = f"{days} daily looks at shares {tuple(shares)}"
    return [
        Row(setting, f"{name} at {alpha:g}", alpha, float(np.mean(p <= alpha)), draws)
        for alpha in (0.05, 0.01, 0.001)
        for name, p in smallest.items()
    ]


def _chi_square(counts: NDArray[np.int64], shares: Sequence[float]) -> Floats:
    planned = np.asarray(shares)
    seen = counts[..., planned > 0]
    expected = seen.sum(axis=-1, keepdims=True) * planned[planned > 0] / planned.sum()
    p: Floats = stats.chi2.sf(((seen - expected) ** 2 / expected).sum(axis=-1), np.count_nonzero(planned) - 1)
    return p


def days_to_alarm(
    rng: Generator, draws: int, *, share: float, units: int = 20_000, alpha: float = 0.001, days: int = 60
) -> Floats:
    """First day on which the e-value against even shares alarms, where one arm gets `share`; inf for none."""
    counts = cumulative_counts(rng, draws, days, units, [share, 1 - share])
    alarmed = np.asarray(p_value(log_e_value(counts, [0.5, 0.5]))) <= alpha
    return np.where(alarmed.any(axis=1), 1.0 + alarmed.argmax(axis=1), np.inf)


def group_sequential_tests(
    rng: Generator, draws: int, *, information: Sequence[float], drift: float = 0.0, alpha: float = 0.05
) -> list[Row]:
    """How often the upper or (two-sided) lower bound is crossed, against the size or, with a drift, the power."""
    added = np.diff(information, prepend=0.0)
    score = rng.normal(drift * added, np.sqrt(added), (draws, len(information))).cumsum(axis=1)
    statistics = score / np.sqrt(information)
    rows = []
    for name, spending in SPENDINGS.items():
        for sides in (1, 2):
            bounds = group_sequential.spending_bounds(information, spending, alpha, sides=sides)
            crossed = (np.abs(statistics) if sides == 2 and not drift else statistics) > np.array(bounds)
            promised = float(power_by_look(information, bounds, drift, sides=sides)[-1]) if drift else alpha
            setting = f"{len(information)} looks, drift {drift:g}"
            rows.append(Row(setting, f"{name}, sides {sides}", promised, float(crossed.any(axis=1).mean()), draws))
    return rows
