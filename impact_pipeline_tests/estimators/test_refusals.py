from __future__ import annotations

from impact_pipeline.estimators.base import Contrast, Reason, Sample
from impact_pipeline.estimators.refusals import Measured, refusal
from impact_pipeline.estimators.strata import stratify
from impact_pipeline.outcomes.phases import randomisation_phases
from impact_pipeline_tests.small_studies import Group, cells, mean_metric, moments, study


def test_an_undefined_measure_is_named_before_an_empty_arm() -> None:
    metric = mean_metric()
    measured = cells(Group("control", {"orders": moments([1, 2])}, undefined=1))
    found = refusal(Measured(study(metric), measured, metric, Contrast("treatment", "control"), Sample(("", ""), ())))
    assert found is not None
    assert found[0] is Reason.MEASURE_UNDEFINED


def test_a_sound_sample_is_not_refused() -> None:
    metric, contrast = mean_metric(), Contrast("treatment", "control")
    found = study(metric)
    measured = cells(*(Group(arm, {"orders": moments([1, 2])}) for arm in ("control", "treatment")))
    phases = randomisation_phases(found.plan.design, measured.cohort_days())
    sample = stratify(measured, phases, "orders", contrast, ("", ""))
    assert refusal(Measured(found, measured, metric, contrast, sample)) is None
