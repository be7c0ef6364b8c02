"""A shop's catalog with a metric of every type, as documents on disk, and its study under any plan of looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline_tests.small_shop import document, write_catalog

START = date(2026, 3, 4)
WINDOW = 3
"""Days over which every metric is read, counted from exposure."""

DRAW = "draw"
"""The segment whose values are the draws of a simulation."""

PLAN = "ranker_v2"
REVENUE = "value: {fact: orders, measure: revenue}"
PARTS = "numerator: {fact: orders, measure: revenue}\ndenominator: {fact: orders, measure: orders}"
BOTH_COVARIATES = "covariates: [revenue_before, orders_before]"

METRICS: Mapping[str, str] = {
    "mean": f"type: mean\n{REVENUE}",
    "mean_one_covariate": f"type: mean\n{REVENUE}\ncovariates: [revenue_before]",
    "mean_two_covariates": f"type: mean\n{REVENUE}\n{BOTH_COVARIATES}",
    "mean_absolute_cap": f"type: mean\n{REVENUE}\ncap: {{absolute: 40}}",
    "mean_percentile_cap": f"type: mean\n{REVENUE}\ncap: {{percentile: 0.98, digits: 3}}",
    "proportion": "type: proportion\nvalue: {fact: orders, measure: orders}",
    "count": "type: count\nvalue: {fact: orders}",
    "retention": "type: retention\nactive: {fact: orders}",
    "funnel": (
        "type: funnel\nsteps:\n  - {name: web, fact: orders, filter: \"channel = 'web'\"}\n"
        "  - {name: app, fact: orders, filter: \"channel = 'app'\"}"
    ),
    "days_of_use": "type: days_of_use\nactive: {fact: orders}",
    "composite": "type: composite\nformula: mean - 0.25 * item_value",
    "ratio": f"type: ratio\n{PARTS}",
    "ratio_two_covariates": f"type: ratio\n{PARTS}\n{BOTH_COVARIATES}",
    "rate": (
        "type: rate\nevents: {fact: orders, filter: \"channel = 'app'\"}\nper: {fact: orders, measure: orders}"
    ),
    "quantile": f"type: quantile\n{REVENUE}\nquantile: 0.8",
    "event_quantile": "type: event_quantile\nvalue: {fact: orders, measure: price}\nquantile: 0.9",
}  # fmt: skip
"""Name of a metric, which says what it is of which type, and what is its own in the document."""

BESIDE: Mapping[str, str] = {"item_value": "type: mean\nvalue: {fact: orders, measure: price}"}
"""What one of them is made of."""


@cache
def catalog() -> Catalog:
    """Read from documents that are on disk for as long as that takes."""
    with TemporaryDirectory() as root:
        return write(Path(root))


def write(root: Path, nights: int = 60) -> Catalog:
    """The documents below `root`, read; the plan exposes units on this many nights."""
    named = {f"metrics/{name}.yaml": _metric(name, text) for name, text in {**METRICS, **BESIDE}.items()}
    orders_before = document("features/revenue_before.yaml").replace("revenue_before", "orders_before")
    orders_before = orders_before.replace("expression: amount", "expression: '1'").replace("scale: 2", "scale: 0")
    plan = {"features/orders_before.yaml": orders_before, f"studies/{PLAN}.yaml": _plan(nights)}
    return write_catalog(root, changes={**named, **plan})


def study(metric: str, nights: int, looks: Mapping[str, Any] | None = None, **plan: Any) -> Study:
    """The plan with one metric of success, under these looks."""
    document = {
        **catalog().plans[PLAN].model_dump(exclude_unset=True), "ends": START + timedelta(days=nights - 1),
        "metrics": [{"metric": metric, "role": "success"}], **({"looks": looks} if looks else {}), **plan,
    }  # fmt: skip
    return Study(catalog(), EvaluationPlan.model_validate(document))


def _metric(name: str, text: str) -> str:
    window = "{start_day: 1, days: 2}" if name == "retention" else f"{{days: {WINDOW}}}"
    head = f"name: {name}\nversion: 1\nowner: team:data\ndescription: test\nlabel: Some\nunit: EUR\nbetter: higher\n"
    return f"{head}window: {window}\n{text}\n"


def _plan(nights: int) -> str:
    text = document(f"studies/{PLAN}.yaml")
    roles = ["success", *["exploratory"] * (len(METRICS) - 1)]
    uses = "".join(f"  - {{metric: {name}, role: {role}}}\n" for name, role in zip(METRICS, roles, strict=True))
    head = text[: text.index("metrics:")].replace("2026-03-06", str(START + timedelta(days=nights - 1)))
    segments = f"segments:\n  {DRAW}: {{type: column, column: device}}\ndecision: {{min_units_per_arm: 2}}\n"
    return f"{head}metrics:\n{uses}{segments}"
