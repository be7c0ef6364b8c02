"""The samples that stand published, as arrays: one for each metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.plan import periods_of
from impact_pipeline.catalog.samples import CrossSectionSample, LoggedSample, PanelSample, Period, SeriesSample
from impact_pipeline.engines.base import Engine
from impact_pipeline.exposures.query import label_column, number_column
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.samples.periods import complete_periods, period_start
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.samples.sample import Sample
from impact_pipeline.stats.samples.series import Series

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_LACKING = 0.05
"""Share of units that may lack a number that the design reads, and are left out then."""


@dataclass(frozen=True, eq=False)
class StoredSamples:
    """Rows of samples and of exposures, as published, with the look's date."""

    study: Study
    as_of: date
    rows: pa.Table
    exposures: pa.Table

    def of(self, place: int, metric: str) -> Sample | Refusal:
        """The sample at a place of `Study.samples` with a metric as its outcome; refused where it has no rows."""
        rows = self.metric_rows(place, metric)
        bad = int(pc.sum(self._all_rows(place, metric)["undefined"]).as_py() or 0)
        if bad:
            told = f"{bad} rows have no finite value of '{metric}' (a division by zero, say)"
            return Refusal("measure_undefined", f"{told}; filter such rows or mend the measure")
        if not len(rows):
            return Refusal("empty_arm", f"no unit has a value of '{metric}' yet")
        match self.study.samples[place]:
            case PanelSample() as sample:
                return self._panel(place, sample, rows)
            case SeriesSample() as sample:
                return self._series(place, sample, rows)
            case CrossSectionSample() as sample:
                return self._cross_section(place, sample, rows)
            case LoggedSample() as sample:
                return self._logged(place, sample, rows)

    def metric_rows(self, place: int, metric: str) -> pa.Table:
        """Rows with a value of one metric."""
        rows = self._all_rows(place, metric)
        return rows.filter(pc.is_valid(rows["y"]))

    def _all_rows(self, place: int, metric: str) -> pa.Table:
        return self.rows.filter(pc.and_(pc.equal(self.rows["sample"], place), pc.equal(self.rows["metric"], metric)))

    def _panel(self, place: int, sample: PanelSample, rows: pa.Table) -> Panel | Refusal:
        first, last = periods_of(self.study.plan, sample)
        periods = complete_periods(sample.period, first, min(last, self._known(last)))
        units = sorted({*rows["unit"].to_pylist(), *self._adopters(sample)})
        outcome = _grid(rows, units, periods, sample.absent == "zero")
        beside = {name: _grid(self.metric_rows(place, name), units, periods, zero) for name, zero in _beside(sample)}
        seen = np.logical_and.reduce([np.isfinite(values) for values in (outcome, *beside.values())])
        if not seen.any():
            return Refusal("empty_arm", "no unit has all that the sample reads in any complete period")
        cluster = None if sample.cluster is None else _clusters_of(rows, units)
        if isinstance(cluster, Refusal):
            return cluster
        unit, period = np.nonzero(seen)
        names = self._names(rows)
        return replace(
            panel_of(
                unit, period, outcome[seen], self._treated(sample, units, periods)[seen],
                covariates={name: beside[name][seen] for name in sample.covariates},
                weights=None if sample.weights is None else beside[sample.weights][seen],
                cluster=None if cluster is None else cluster[unit],
            ),
            units=tuple(names.get(units[place], units[place]) for place in np.unique(unit)),
            periods=tuple(_label(sample.period, periods[place]) for place in np.unique(period)),
        )  # fmt: skip

    def _names(self, rows: pa.Table) -> dict[str, str]:
        """Unit -> its name, where the sample asks for names."""
        named = rows.filter(pc.is_valid(rows["name"]))
        return dict(zip(named["unit"].to_pylist(), named["name"].to_pylist(), strict=True))

    def _known(self, last: date) -> date:
        """Until when periods are known: the look's date, or the last day of a sample that was delivered whole."""
        return last if last < self.study.plan.starts else self.as_of

    def _adopters(self, sample: PanelSample) -> dict[str, date]:
        """Unit -> the day of its first exposure to the treatment."""
        rows = self.exposures.filter(pc.equal(self.exposures["arm"], sample.treatment))
        return dict(zip(rows["unit"].cast(pa.string()).to_pylist(), rows["cohort_day"].to_pylist(), strict=True))

    def _treated(self, sample: PanelSample, units: list[str], periods: list[date]) -> Floats:
        adopted = self._adopters(sample)
        found = np.zeros((len(units), len(periods)))
        for row, unit in enumerate(units):
            if unit in adopted:
                begins = period_start(sample.period, adopted[unit])
                found[row] = [float(period >= begins) for period in periods]
        return found

    def _series(self, place: int, sample: SeriesSample, rows: pa.Table) -> Series | Refusal:
        first, last = periods_of(self.study.plan, sample)
        periods = complete_periods(sample.period, first, min(last, self._known(last)))
        outcome = _total(rows, periods)
        controls = {name: _total(self.metric_rows(place, name), periods) for name in sample.controls}
        begins = period_start(sample.period, sample.starts)
        starts = sum(period < begins for period in periods)
        if starts == len(periods):
            return Refusal("too_few_periods", f"no complete period has begun since the change on {sample.starts}")
        labels = tuple(_label(sample.period, period) for period in periods)
        days = tuple(periods) if sample.period == "day" else None
        return Series(labels, outcome, starts, controls, days)

    def _cross_section(self, place: int, sample: CrossSectionSample, rows: pa.Table) -> CrossSection | Refusal:
        joined = self._with_exposures(rows)
        dose = self._number(joined, place, "dose", sample.dose)
        treatment = _as_floats(pc.equal(joined["arm"], sample.treatment)) if dose is None else dose
        own = sample.outcome_covariates
        section = CrossSection(
            _value(joined), treatment, self._listed(joined, place, "covariates", sample.covariates),
            None if own is None else self._listed(joined, place, "outcome_covariates", own),
            self._number(joined, place, "score", sample.score),
            self._listed(joined, place, "instruments", sample.instruments),
            self._clusters(joined, place, sample.cluster), self._number(joined, place, "weights", sample.weights),
            self._number(joined, place, "after", sample.after),
        )  # fmt: skip
        if section.weights is not None and (section.weights <= 0).any():
            return Refusal("measure_undefined", "some units have a weight that is not above 0; mend the expression")
        return _whole(section)

    def _logged(self, place: int, sample: LoggedSample, rows: pa.Table) -> LoggedDecisions | Refusal:
        joined = self._with_exposures(rows)
        actions, action = np.unique(np.array(joined["arm"].to_pylist(), dtype=str), return_inverse=True)
        propensity = self._number(joined, place, "propensity", sample.propensity)
        assert propensity is not None
        if not (np.isfinite(propensity) & (propensity > 0) & (propensity <= 1)).all():
            return Refusal("measure_undefined", "some decisions have no propensity in (0, 1]; mend the log")
        target = self._number(joined, place, "target", sample.target)
        uniform = 1 / len(actions)
        policy = np.broadcast_to(uniform, (len(joined), len(actions))) if target is None else None
        slot = self._number(joined, place, "slot", sample.slot)
        slots, slot_of = (np.array([]), None) if slot is None else np.unique(slot, return_inverse=True)
        return LoggedDecisions(
            tuple(map(str, actions)), action, _value(joined), propensity,
            np.full(len(joined), uniform) if target is None else target, policy,
            self._listed(joined, place, "context", sample.context), tuple(f"{value:g}" for value in slots), slot_of,
            self._clusters(joined, place, sample.cluster),
        )  # fmt: skip

    def _with_exposures(self, rows: pa.Table) -> pa.Table:
        exposures = self.exposures.set_column(
            self.exposures.schema.get_field_index("unit"), "unit", self.exposures["unit"].cast(pa.string())
        )
        return rows.join(exposures, "unit").sort_by("unit")

    def _number(self, joined: pa.Table, place: int, field: str, asked: str | None) -> Floats | None:
        return None if asked is None else _as_floats(joined[number_column(f"{place}.{field}")])

    def _clusters(self, joined: pa.Table, place: int, asked: str | None) -> Places | None:
        return None if asked is None else _cluster_codes(joined[label_column(f"{place}.cluster")].to_pylist())

    def _listed(self, joined: pa.Table, place: int, field: str, texts: tuple[str, ...]) -> dict[str, Floats]:
        return {text: _as_floats(joined[number_column(f"{place}.{field}.{i}")]) for i, text in enumerate(texts)}


def read_samples(study: Study, as_of: date, *, lake: Lake, engine: Engine) -> StoredSamples:
    """What stands published of both; raises `LakeError` where something does not."""
    everything = exp.select("*").from_(exp.to_table("stored", quoted=True))
    rows = engine.table(everything, {"stored": lake.cells(study.table).files()})
    exposures = engine.table(everything.copy(), {"stored": lake.exposures(study.table).files()})
    kept = exposures.filter(pc.invert(exposures["mixed"]))
    return StoredSamples(study, as_of, rows.sort_by([("metric", "ascending"), ("unit", "ascending")]), kept)


def _beside(sample: PanelSample) -> Iterator[tuple[str, bool]]:
    """Metrics that a panel reads beside its outcome, and whether they are 0 where they have no rows."""
    yield from ((name, sample.absent == "zero") for name in sample.covariates)
    if sample.weights is not None:
        yield sample.weights, False


def _grid(rows: pa.Table, units: list[str], periods: list[date], zero: bool) -> Floats:
    """Values as (units, periods); where there is no row, 0 or NaN."""
    at = {unit: place for place, unit in enumerate(units)}
    when = {period: place for place, period in enumerate(periods)}
    found = np.full((len(units), len(periods)), 0.0 if zero else np.nan)
    places = [
        (at[u], when.get(p, -1)) for u, p in zip(rows["unit"].to_pylist(), rows["period"].to_pylist(), strict=True)
    ]
    known = np.array([period >= 0 for _, period in places], dtype=bool)
    if known.any():
        row, column_ = np.array(places, dtype=np.intp)[known].T
        found[row, column_] = _value(rows)[known]
    return found


def _clusters_of(rows: pa.Table, units: list[str]) -> Places | Refusal:
    """By unit; refused where one has several."""
    pairs = rows.filter(pc.is_valid(rows["cluster"])).group_by(["unit", "cluster"]).aggregate([])
    named = dict(zip(pairs["unit"].to_pylist(), pairs["cluster"].to_pylist(), strict=True))
    if len(named) < len(pairs):
        told = f"{len(pairs) - len(named)} units change their cluster; name a column that says one thing of a unit"
        return Refusal("mixed_clusters", told)
    return _cluster_codes([named.get(unit) for unit in units])


def _cluster_codes(names: Sequence[str | None]) -> Places:
    """Those without a name are a cluster together."""
    return np.unique([name or "" for name in names], return_inverse=True)[1]


def _total(rows: pa.Table, periods: list[date]) -> Floats:
    """The metric of all units together by period; NaN where there is no row."""
    summed = rows.group_by("period").aggregate([("y", "sum"), ("d", "sum"), ("y_scale", "max"), ("d_scale", "max")])
    by_period: Mapping[date, float] = {
        row["period"]: _ratio(row["y_sum"], row["d_sum"], row["y_scale_max"], row["d_scale_max"])
        for row in summed.to_pylist()
    }
    return np.array([by_period.get(period, np.nan) for period in periods], dtype=np.float64)


def _ratio(y: int, d: int | None, y_scale: int, d_scale: int) -> float:
    value = y / 10**y_scale
    return value if d is None else (value / (d / 10**d_scale) if d else float("nan"))


def _value(rows: pa.Table) -> Floats:
    """y as a number; over d, where the metric has a denominator."""
    y = rows["y"].to_numpy() / 10.0 ** rows["y_scale"].to_numpy()
    if rows["d"].null_count == len(rows):
        return np.asarray(y, dtype=np.float64)
    d = rows["d"].to_numpy(zero_copy_only=False) / 10.0 ** rows["d_scale"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(d == 0, np.nan, y / d)


def _as_floats(values: pa.ChunkedArray) -> Floats:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _whole(section: CrossSection) -> CrossSection | Refusal:
    """Units with all numbers; refused where more than one in twenty lacks some, for those left are then others."""
    optional = (section.score, section.after, section.weights)
    numbers = (
        section.outcome, section.treatment, *section.covariates.values(), *(section.outcome_covariates or {}).values(),
        *section.instruments.values(), *(values for values in optional if values is not None),
    )  # fmt: skip
    known = np.logical_and.reduce([np.isfinite(values) for values in numbers])
    lacking = int(np.sum(~known))
    if lacking > MOST_LACKING * len(section):
        told = f"{lacking} of {len(section)} units lack a number that the design reads; fill them, or filter them out"
        return Refusal("measure_undefined", told)
    if not lacking:
        return section
    score = section.score
    return replace(section, every_score=None if score is None else score[np.isfinite(score)]).keep(known)


def _label(period: Period, starts: date) -> str:
    """A year by its number, everything else by its first day."""
    return str(starts.year) if period == "year" else starts.isoformat()
