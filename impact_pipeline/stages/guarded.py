"""Run one stage so that a failure is recorded where on-call looks, says nothing private, and is cleared when mended."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import impact_pipeline
from impact_pipeline.contracts.report import ValidationReport
from impact_pipeline.errors import ContractBreach, ImpactError
from impact_pipeline.lake.failures import Failed
from impact_pipeline.stages.workspace import Workspace

T = TypeVar("T")


class StageFailed(ImpactError):
    """A stage failed; the message is safe to show to everyone who may open the UI."""


def guarded(workspace: Workspace, asset: str, partition: str, stage: Callable[[], T]) -> T:
    """The stage's result; raises `StageFailed` after recording the failure of (asset, partition)."""
    try:
        result = stage()
    except Exception as error:  # noqa: BLE001
        failed = Failed(asset, partition, type(error).__name__, _message(error), workspace.now.isoformat())
        workspace.lake.failures.record(failed)
        raise StageFailed(f"{asset} {partition}: {failed.message}") from None
    workspace.lake.failures.clear(asset, partition)
    return result


def _message(error: Exception) -> str:
    """Our own messages as they are; of any other error only its class and where, for it may quote a row."""
    if isinstance(error, ImpactError):
        return str(error)
    root = Path(impact_pipeline.__file__).parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(root)]
    where = " < ".join(f"{Path(f.filename).relative_to(root)}:{f.lineno}" for f in reversed(frames))
    return (
        f"unexpected {type(error).__name__} at {where or 'an unknown place'} (its text is withheld: it may quote a row)"
    )


def note_refusal(workspace: Workspace, report: ValidationReport) -> None:
    """Record a day that its contract refuses: the failed partition is that of `trusted`, where readers look for it."""
    refused = f"refused by contract version {report.contract_version}, nothing was published"
    message, at = f"{refused}: {'; '.join(report.refusals)}", workspace.now.isoformat()
    failed = Failed(f"trusted/{report.dataset}", report.day, ContractBreach.__name__, message, at)
    workspace.lake.failures.record(failed)
