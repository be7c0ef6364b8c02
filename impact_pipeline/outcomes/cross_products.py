"""Sums of products over the unit table across readings: how metrics of one unit move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from impact_pipeline.engines.base import Session
from impact_pipeline.engines.scaled import column, named, total
from impact_pipeline.outcomes.group_sums import product_column
from impact_pipeline.outcomes.unit_table import COHORT
from impact_pipeline.stats.moments import as_exact


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """Over `n` units, `sums` of columns and `products` of every two of them, as Python integers."""

    names: tuple[str, ...]
    n: int
    sums: NDArray[np.object_]
    products: NDArray[np.object_]

    def covariance(self) -> NDArray[np.float64]:
        """Sample covariances, centred before rounding; at the columns' own scales."""
        centred = self.n * self.products - np.multiply.outer(self.sums, self.sums)
        return np.asarray(centred / max(1, self.n * (self.n - 1)), dtype=np.float64)


def cross_products(session: Session, names: Sequence[str], cohorts: Sequence[int]) -> CrossProducts:
    """Of columns of the table `wide`, which the session must keep, over units of the cohorts with these codes."""
    (row,) = session.table(cross_products_query(names, cohorts)).to_pylist()
    products = [[int(row[product_column(a, b)]) for b in names] for a in names]
    sums = [int(row[name]) for name in names]
    return CrossProducts(tuple(names), int(row["n"]), as_exact(sums), as_exact(products))


def cross_products_query(names: Sequence[str], cohorts: Sequence[int]) -> exp.Select:
    """One row: units, sums, and sums of products in 128 bits."""
    query = exp.select(named(exp.func("count", exp.Star()), "n")).from_(exp.to_table("wide", quoted=True))
    for name in names:
        query = query.select(named(total(column(name)), name), copy=False)
    for first, second in combinations_with_replacement(names, 2):
        wide = exp.Mul(this=exp.cast(column(first), "HUGEINT"), expression=column(second))
        query = query.select(named(total(wide), product_column(first, second)), copy=False)
    return query.where(column(COHORT).isin(*map(exp.Literal.number, cohorts)))
