"""A reading with its cap, and the uncapped one beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from impact_pipeline.catalog.metrics.base import Cap
from impact_pipeline.catalog.metrics.readings import UNCAPPED, Reading


def capped(reading: Reading, cap: Cap | None) -> tuple[Reading, ...]:
    """The reading with its cap and its uncapped shadow; by itself where there is no cap."""
    if cap is None:
        return (reading,)
    shadow = replace(reading, variant=UNCAPPED, label=f"{reading.label}, uncapped")
    if cap.percentile is not None:
        return replace(reading, cap_percentile=cap.percentile, digits=cap.digits), shadow
    return replace(reading, y=replace(reading.y, cap=Decimal(str(cap.absolute)).normalize())), shadow


def cap_in_words(cap: Cap | None, unit: str) -> str:
    """A clause to follow the formula; empty where there is no cap.

    >>> cap_in_words(Cap(percentile=0.99), "EUR")
    ', at most the 99 % point of all units'
    """
    if cap is None:
        return ""
    if cap.percentile is not None:
        return f", at most the {100 * cap.percentile:g} % point of all units"
    return f", at most {cap.absolute:.12g} {unit} a unit"
