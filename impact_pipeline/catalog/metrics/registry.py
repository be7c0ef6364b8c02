"""Every metric type: the bundled ones, and those of installed packages.

A package adds a type by an entry point in the group `impact_pipeline.metric_types` that leads to its class.
"""

from __future__ import annotations

import inspect
from functools import cache, reduce
from importlib.metadata import EntryPoint, entry_points
from operator import or_
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import Field, TypeAdapter

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.composite import CompositeMetric
from impact_pipeline.catalog.metrics.count import CountMetric
from impact_pipeline.catalog.metrics.days_of_use import DaysOfUseMetric
from impact_pipeline.catalog.metrics.event_quantile import EventQuantileMetric
from impact_pipeline.catalog.metrics.funnel import FunnelMetric
from impact_pipeline.catalog.metrics.mean import MeanMetric
from impact_pipeline.catalog.metrics.proportion import ProportionMetric
from impact_pipeline.catalog.metrics.quantile import QuantileMetric
from impact_pipeline.catalog.metrics.rate import RateMetric
from impact_pipeline.catalog.metrics.ratio import RatioMetric
from impact_pipeline.catalog.metrics.retention import RetentionMetric
from impact_pipeline.errors import InputError

GROUP = "impact_pipeline.metric_types"

METRIC_TYPES: tuple[type[Metric], ...] = (
    MeanMetric,
    ProportionMetric,
    RatioMetric,
    CountMetric,
    RateMetric,
    RetentionMetric,
    FunnelMetric,
    QuantileMetric,
    EventQuantileMetric,
    DaysOfUseMetric,
    CompositeMetric,
)


@cache
def metric_types() -> tuple[type[Metric], ...]:
    """The bundled types, then those of installed packages in order of entry point; raises `InputError` by name."""
    found = list(METRIC_TYPES)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        added = _loaded(entry)
        taken = next((known for known in found if type_name(known) == type_name(added)), None)
        if taken is not None:
            message = f"type '{type_name(added)}' is already that of {taken.__module__}.{taken.__name__}; rename it"
            raise InputError(f"{_named(entry)}: {message}")
        found.append(added)
    return tuple(found)


@cache
def metric_document() -> TypeAdapter[Metric]:
    """Reads a metric's document, whose `type` chooses the class."""
    union: Any = reduce(or_, metric_types())
    return TypeAdapter(Annotated[union, Field(discriminator="type")])


def type_name(kind: type[Metric]) -> str:
    """The `type` by which documents name it; empty for a class that names none.

    >>> type_name(MeanMetric), type_name(Metric)
    ('mean', '')
    """
    annotation = kind.model_fields["type"].annotation
    names = get_args(annotation) if get_origin(annotation) is Literal else ()
    return str(names[0]) if len(names) == 1 else ""


def _loaded(entry: EntryPoint) -> type[Metric]:
    try:
        kind = entry.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"{_named(entry)}: cannot be loaded ({error}); mend or uninstall the package") from error
    if not (isinstance(kind, type) and issubclass(kind, Metric)):
        raise InputError(f"{_named(entry)}: is not a subclass of {Metric.__module__}.{Metric.__name__}")
    if not type_name(kind):
        raise InputError(f"{_named(entry)}: names no type; write `type: Literal['its_name']`")
    missing = [name for name in ("readings", "formula_in_words") if getattr(kind, name) is getattr(Metric, name)]
    if missing:
        raise InputError(f"{_named(entry)}: does not define `{missing[0]}`")
    if not inspect.getdoc(kind) or inspect.getdoc(kind) == inspect.getdoc(Metric):
        raise InputError(f"{_named(entry)}: has no docstring; its first sentence says what the metric is")
    return kind


def _named(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist else ""
    return f"metric type '{entry.name}'{package} ({entry.value})"
