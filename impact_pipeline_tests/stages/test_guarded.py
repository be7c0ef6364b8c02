"""A failing stage is recorded where on-call looks, says nothing private, and is cleared by the next good run."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.errors import SourceError
from impact_pipeline.stages.guarded import StageFailed, guarded
from impact_pipeline_tests.stages.small_workspace import opened


def missing_file() -> int:
    raise SourceError("source 'shop' delivers nothing for 2026-03-04: no file matches")


def quoting_a_row() -> int:
    raise ValueError("could not convert 'ada@example.org'")


def test_a_result_passes_and_an_older_failure_is_cleared(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    with pytest.raises(StageFailed):
        guarded(workspace, "raw/orders", "2026-03-04", missing_file)
    assert guarded(workspace, "raw/orders", "2026-03-04", lambda: 7) == 7
    assert workspace.lake.failures.all() == ()


def test_our_own_errors_keep_their_message(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    with pytest.raises(StageFailed, match=r"^raw/orders 2026-03-04: source 'shop' delivers nothing for 2026-03-04"):
        guarded(workspace, "raw/orders", "2026-03-04", missing_file)
    (failed,) = workspace.lake.failures.all()
    assert (failed.asset, failed.partition, failed.error) == ("raw/orders", "2026-03-04", "SourceError")
    assert failed.at == workspace.now.isoformat()


def test_the_text_of_any_other_error_is_withheld(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    with pytest.raises(StageFailed) as caught:
        guarded(workspace, "raw/orders", "2026-03-04", quoting_a_row)
    assert "ada@example.org" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    (failed,) = workspace.lake.failures.all()
    assert failed.message.startswith("unexpected ValueError at stages/guarded.py:")
    assert failed.message.endswith("(its text is withheld: it may quote a row)")
