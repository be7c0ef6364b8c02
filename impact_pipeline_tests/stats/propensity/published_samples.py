"""Cattaneo's births, LaLonde's trainees: the rows of published tables."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from impact_pipeline.stats.samples.cross_section import CrossSection, Floats
from impact_pipeline_tests.analysis.commands import DATA


@cache
def births() -> CrossSection:
    """4,642 births: weight by smoking (Cattaneo 2010), with the covariates of Stata's teffects examples."""
    rows = pd.read_csv(DATA / "teffects_cattaneo.csv")
    score = _columns(rows, "mmarried_", "mage", "fbaby_", "medu") | {"mage^2": _column(rows, "mage") ** 2}
    outcome = _columns(rows, "prenatal1_", "mmarried_", "mage", "fbaby_")
    return CrossSection(_column(rows, "bweight"), _column(rows, "mbsmoke_"), score, outcome)


@cache
def trainees() -> CrossSection:
    """445 of the experiment (Dehejia, Wahba 1999), with the score of Sekhon's (2011) example."""
    rows = pd.read_csv(DATA / "match_lalonde.csv")
    covariates = _columns(rows, "age", "educ", "black", "hisp", "married", "nodegr", "re74", "re75", "u74", "u75")
    covariates |= {f"{name}^2": covariates[name] ** 2 for name in ("age", "educ", "re74", "re75")}
    return CrossSection(_column(rows, "re78"), _column(rows, "treat"), covariates)


@cache
def trainees_and_others() -> CrossSection:
    """614: treated of the experiment beside untreated of a survey, as R's MatchIt has them."""
    rows = pd.read_csv(DATA / "balance_lalonde.csv")
    names = ("age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75")
    return CrossSection(_column(rows, "re78"), _column(rows, "treat"), _columns(rows, *names))


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


def _columns(rows: pd.DataFrame, *names: str) -> dict[str, Floats]:
    return {name: _column(rows, name) for name in names}
