"""pandas and statsmodels: rows into memory, merge, group by unit, one test per metric and segment value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from benchmarks.peers.answering import Answer, Effects, Question, main
from benchmarks.peers.units_sql import covariates_of
from benchmarks.workload import TREATMENT, WINDOW_DAYS, Metric, totals_of

CAPS = {"capped_revenue": ("revenue", 150.0), "capped_cost": ("cost", 80.0), "capped_latency": ("latency_ms", 400.0)}


def answer(question: Question) -> Answer:
    units = _units(question)
    counted, effects = 0, None
    for part in _parts(units, question):
        found = {metric.name: _effect(metric, part) for metric in question.metrics}
        counted += len(found)
        effects = effects or found
    return Answer(effects or Effects(), counted)


def _units(question: Question) -> pd.DataFrame:
    kept = ["unit", "arm", "cohort_day", "exposed_at", *question.segments, *covariates_of(question)]
    exposures = pd.read_parquet(question.home.exposures, columns=kept)
    names = totals_of(question.metrics)
    columns = sorted({CAPS[name][0] if name in CAPS else name for name in names})
    days = [_day(path, columns, names, exposures) for path in question.home.event_files]
    totals = pd.concat(days).groupby("unit").sum()
    units = exposures.set_index("unit").join(totals)
    units[list(names)] = units[list(names)].fillna(0.0)
    return units


def _day(path: Path, columns: list[str], names: tuple[str, ...], exposures: pd.DataFrame) -> pd.DataFrame:
    """Unit totals of one day's events that count."""
    events = pd.read_parquet(path, columns=["unit", "event_at", "day", *columns])
    rows = events.merge(exposures[["unit", "cohort_day", "exposed_at"]], on="unit")
    since = (pd.to_datetime(rows["day"].astype("datetime64[s]")) - pd.to_datetime(rows["cohort_day"])).dt.days
    rows = rows[(since >= 0) & (since < WINDOW_DAYS) & (rows["event_at"] >= rows["exposed_at"])]
    capped = {name: rows[CAPS[name][0]].clip(upper=CAPS[name][1]) for name in names if name in CAPS}
    return rows.assign(**capped).groupby("unit")[list(names)].sum()


def _parts(units: pd.DataFrame, question: Question) -> Iterator[pd.DataFrame]:
    yield units
    for segment in question.segments:
        for _, part in units.groupby(segment):
            yield part


def _effect(metric: Metric, units: pd.DataFrame) -> tuple[float, float]:
    outcome = units[metric.value]
    if metric.kind == "proportion":
        outcome = (outcome > 0).astype(float)
    treated = (units["arm"] == TREATMENT).to_numpy()
    if metric.covariate:
        outcome = outcome - _slope(outcome, units[metric.covariate], treated) * units[metric.covariate]
    if metric.denominator:
        return _compared(*(_linear(outcome[arm], units[metric.denominator][arm]) for arm in (treated, ~treated)))
    return _compared(outcome[treated].to_numpy(), outcome[~treated].to_numpy())


def _slope(y: pd.Series, x: pd.Series, treated: np.ndarray) -> float:
    """Within-arm regression slope."""
    shared = spread = 0.0
    for arm in (treated, ~treated):
        matrix = np.cov(y[arm], x[arm]) * (arm.sum() - 1)
        shared, spread = shared + matrix[0, 1], spread + matrix[1, 1]
    return float(shared / spread)


def _linear(y: pd.Series, d: pd.Series) -> np.ndarray:
    """Per-unit values whose mean is the arm's ratio of sums and whose variance is the delta method's."""
    ratio = y.mean() / d.mean()
    return np.asarray(ratio + (y - ratio * d) / d.mean())


def _compared(treated: np.ndarray, control: np.ndarray) -> tuple[float, float]:
    compared = CompareMeans(DescrStatsW(treated), DescrStatsW(control))
    compared.ttest_ind(usevar="unequal")
    compared.tconfint_diff(usevar="unequal")
    return float(treated.mean() - control.mean()), float(compared.std_meandiff_separatevar)


if __name__ == "__main__":
    main(answer)
