"""DuckDB by hand, on doubles: join, group by unit, moments by arm and segment, delta method and CUPED in Python."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import duckdb

from benchmarks.peers.answering import Answer, Question, main
from benchmarks.peers.units_sql import configure, units_sql
from benchmarks.workload import CONTROL, TREATMENT, Metric

Row = Mapping[str, float]


def answer(question: Question) -> Answer:
    with duckdb.connect() as connection:
        configure(connection, question)
        result = connection.execute(_moments_sql(question))
        names = [column[0] for column in result.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    groups: dict[object, dict[str, Row]] = {}
    for row in rows:
        groups.setdefault((row["level"], *(row[name] for name in question.segments)), {})[row["arm"]] = row
    overall = 2 ** len(question.segments) - 1
    found = {key: {m.name: _effect(m, arms) for m in question.metrics} for key, arms in groups.items()}
    effects = next(effects for key, effects in found.items() if key[0] == overall)  # type: ignore[index]
    return Answer(effects, sum(map(len, found.values())))


def _moments_sql(question: Question) -> str:
    sets = ", ".join(["(arm)", *(f"(arm, {name})" for name in question.segments)])
    level = f"grouping({', '.join(question.segments)})" if question.segments else "0"
    keys = "".join(f", {name}" for name in question.segments)
    moments = ", ".join(f"{sql} AS {name}" for name, sql in dict(_columns(question.metrics)).items())
    return f"""
        SELECT arm{keys}, {level} AS level, count(*) AS n, {moments}
        FROM ({units_sql(question)})
        GROUP BY GROUPING SETS ({sets})
    """


def _columns(metrics: tuple[Metric, ...]) -> Iterator[tuple[str, str]]:
    for m in metrics:
        y = f"CAST(t_{m.value} > 0 AS DOUBLE)" if m.kind == "proportion" else f"t_{m.value}"
        yield f"{m.name}_y", f"avg({y})"
        yield f"{m.name}_yy", f"var_samp({y})"
        other = m.covariate or (f"t_{m.denominator}" if m.denominator else None)
        if other:
            yield f"{m.name}_o", f"avg({other})"
            yield f"{m.name}_oo", f"var_samp({other})"
            yield f"{m.name}_yo", f"covar_samp({y}, {other})"


def _effect(m: Metric, arms: Mapping[str, Row]) -> tuple[float, float]:
    slope = _slope(m, arms) if m.covariate else 0.0
    treated, control = (_mean_and_variance(m, arms[arm], slope) for arm in (TREATMENT, CONTROL))
    return treated[0] - control[0], math.sqrt(treated[1] + control[1])


def _slope(m: Metric, arms: Mapping[str, Row]) -> float:
    shared = sum((row["n"] - 1) * row[f"{m.name}_yo"] for row in arms.values())
    return shared / sum((row["n"] - 1) * row[f"{m.name}_oo"] for row in arms.values())


def _mean_and_variance(m: Metric, row: Row, slope: float) -> tuple[float, float]:
    y, yy, n = row[f"{m.name}_y"], row[f"{m.name}_yy"], row["n"]
    if m.kind != "ratio" and not m.covariate:
        return y, yy / n
    other, oo, yo = (row[f"{m.name}_{moment}"] for moment in ("o", "oo", "yo"))
    if m.covariate:
        return y - slope * other, (yy - 2 * slope * yo + slope**2 * oo) / n
    ratio = y / other
    return ratio, (yy - 2 * ratio * yo + ratio**2 * oo) / (n * other**2)


if __name__ == "__main__":
    main(answer)
