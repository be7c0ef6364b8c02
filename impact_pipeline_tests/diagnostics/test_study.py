from __future__ import annotations

from typing import ClassVar

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.data_completeness import DataCompleteness
from impact_pipeline.diagnostics.registry import DIAGNOSTICS
from impact_pipeline.diagnostics.study import diagnose
from impact_pipeline_tests.small_studies import START, cells, exposed, mean_metric, study


class OfSyntheticControls(DataCompleteness):
    name: ClassVar[str] = "pre_period_fit"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})


def test_every_diagnostic_gives_one_finding() -> None:
    found = diagnose(study(mean_metric()), Evidence(cells(exposed("control", 50), exposed("treatment", 50)), START, {}))
    assert [finding.diagnostic for finding in found] == [diagnostic.name for diagnostic in DIAGNOSTICS]
    passed = {finding.diagnostic: finding.passed for finding in found}
    assert passed["data_completeness"] is True
    assert passed["sample_ratio"] is True
    assert passed["pre_period_balance"] is None
    assert False not in passed.values()


def test_one_that_does_not_apply_to_the_design_says_so() -> None:
    found = diagnose(study(mean_metric()), Evidence(cells(), START, {}), [OfSyntheticControls()])
    sentence = "Not asked of a randomized design."
    assert found == (Finding("pre_period_fit", None, None, None, sentence, "none", {}),)
