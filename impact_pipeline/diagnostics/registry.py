"""Every diagnostic, in the order in which findings are reported: the bundled ones, then those of installed packages.

A package adds a diagnostic by an entry point in the group `impact_pipeline.diagnostics` that leads to its class.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from impact_pipeline.diagnostics.aa_simulation import AaSimulation
from impact_pipeline.diagnostics.base import Diagnostic
from impact_pipeline.diagnostics.carry_over import CarryOver
from impact_pipeline.diagnostics.cluster_ratio import ClusterRatio
from impact_pipeline.diagnostics.data_completeness import DataCompleteness
from impact_pipeline.diagnostics.independent_assignment import IndependentAssignment
from impact_pipeline.diagnostics.mixed_exposure import MixedExposure
from impact_pipeline.diagnostics.novelty import Novelty
from impact_pipeline.diagnostics.other_basis_ratio import OtherBasisRatio
from impact_pipeline.diagnostics.pre_period_balance import PrePeriodBalance
from impact_pipeline.diagnostics.sample_ratio import SampleRatio
from impact_pipeline.diagnostics.spillover import Spillover
from impact_pipeline.diagnostics.telemetry_loss import TelemetryLoss
from impact_pipeline.diagnostics.trigger_dilution import TriggerDilution
from impact_pipeline.diagnostics.unassigned_exposure import UnassignedExposure
from impact_pipeline.errors import InputError

GROUP = "impact_pipeline.diagnostics"

DIAGNOSTICS: tuple[Diagnostic, ...] = (
    DataCompleteness(),
    SampleRatio(),
    ClusterRatio(),
    MixedExposure(),
    IndependentAssignment(),
    OtherBasisRatio(),
    UnassignedExposure(),
    TriggerDilution(),
    CarryOver(),
    TelemetryLoss(),
    PrePeriodBalance(),
    Novelty(),
    Spillover(),
    AaSimulation(),
)


@cache
def diagnostics() -> tuple[Diagnostic, ...]:
    """The bundled ones, then those of installed packages in order of entry point; raises `InputError` by name."""
    found = list(DIAGNOSTICS)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        added = _loaded(entry)
        taken = next((known for known in found if known.name == added.name), None)
        if taken is not None:
            kind = type(taken)
            message = f"diagnostic '{added.name}' is already that of {kind.__module__}.{kind.__name__}; rename it"
            raise InputError(f"{_named(entry)}: {message}")
        found.append(added)
    return tuple(found)


def _loaded(entry: EntryPoint) -> Diagnostic:
    try:
        kind = entry.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"{_named(entry)}: cannot be loaded ({error}); mend or uninstall the package") from error
    fault = _fault(kind)
    if fault is not None:
        raise InputError(f"{_named(entry)}: {fault}")
    diagnostic: Diagnostic = kind()
    return diagnostic


def _fault(kind: object) -> str | None:
    if not inspect.isclass(kind):
        return "is not a class"
    missing = [part for part in ("name", "designs", "check") if not hasattr(kind, part)]
    if missing:
        return f"does not define `{missing[0]}`"
    designs = getattr(kind, "designs", None)
    if not (isinstance(designs, frozenset) and designs):
        return "`designs` is not a frozenset that names a type of design"
    return None if inspect.getdoc(kind) else "has no docstring; its first sentence says what is asked"


def _named(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist else ""
    return f"diagnostic '{entry.name}'{package} ({entry.value})"
