from __future__ import annotations

from impact_pipeline.diagnostics.registry import DIAGNOSTICS


def test_gates_stand_in_the_order_in_which_they_are_asked() -> None:
    names = [diagnostic.name for diagnostic in DIAGNOSTICS]
    assert names == ["data_completeness", "sample_ratio", "mixed_exposure", "pre_period_balance"]
