"""Metric documents of the catalog in `mini`, to be changed by a test."""

from __future__ import annotations

HEAD = """name: {name}
version: 1
owner: team:data
description: test
label: Some
unit: EUR
better: higher
"""

BODIES = {
    "mean": "type: mean\nwindow: {days: 7}\nvalue: {fact: orders, measure: revenue}\n",
    "count": "type: count\nwindow: {days: 7}\nvalue: {fact: orders}\n",
    "rate": "type: rate\nwindow: {days: 7}\nevents: {fact: orders}\nper: {fact: orders, measure: revenue}\n",
    "retention": "type: retention\nwindow: {start_day: 7, days: 7}\nactive: {fact: orders}\n",
    "funnel": (
        "type: funnel\nwindow: {days: 7}\nsteps:\n  - {name: small, fact: orders}\n"
        "  - {name: large, fact: orders, filter: amount > 9}\n"
    ),
    "quantile": "type: quantile\nwindow: {days: 7}\nvalue: {fact: orders, measure: revenue}\nquantile: 0.5\n",
    "event_quantile": (
        "type: event_quantile\nwindow: {days: 7}\nvalue: {fact: orders, measure: revenue}\nquantile: 0.9\n"
    ),
    "days_of_use": "type: days_of_use\nwindow: {days: 7}\nactive: {fact: orders}\n",
    "composite": "type: composite\nwindow: {days: 7}\nformula: plain - 0.5 * fees\n",
    "ratio": (
        "type: ratio\nwindow: {days: 7}\nnumerator: {fact: orders, measure: revenue}\n"
        "denominator: {fact: orders, measure: revenue}\ndenominator_window: {start_day: 1, days: 9}\n"
    ),
}
"""By type; a composite's parts `plain` and `fees` are two more documents."""


def written(kind: str, name: str = "some") -> tuple[str, str, str]:
    """One more document for `write_mini`."""
    return f"metrics/{name}.yaml", "", HEAD.format(name=name) + BODIES[kind]


PARTS = (written("mean", "plain"), written("mean", "fees"))
