from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.estimators.question import Arm, Question, Stratum, nothing_to_note, two_arms
from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline_tests.small_studies import moments

TREATMENT, CONTROL = moments([1, 2, 3]), moments([4, 5])


def units(asked: Question) -> list[list[float]]:
    return [np.atleast_1d(np.asarray(counted)).tolist() for counted in asked.units]


def test_units_are_those_of_treatment_and_of_control() -> None:
    asked = two_arms("mean", treatment=TREATMENT, control=CONTROL)
    assert units(asked) == [[3.0], [2.0]]
    assert asked.weighted == ([(1.0, TREATMENT)], [(1.0, CONTROL)])


def test_units_of_strata_without_weight_do_not_count() -> None:
    arms = Arm(stacked([TREATMENT, CONTROL])), Arm(stacked([CONTROL, CONTROL]))
    strata = (Stratum("first", *arms, np.array([1.0, 0.5])), Stratum("second", *arms, np.array([0.0, 0.5])))
    asked = replace(two_arms("mean", treatment=TREATMENT, control=CONTROL), strata=strata)
    assert units(asked) == [[3.0, 4.0], [2.0, 4.0]]


def test_clusters_are_added_up_to_their_arm() -> None:
    clusters = Moments(n=as_exact([[2, 1]]), y=as_exact([[7, 4]]), yy=as_exact([[25, 16]]))
    asked = two_arms("mean", treatment=clusters, control=clusters, by_cluster=True)
    [stratum] = asked.strata
    assert (stratum.treatment.clusters, units(asked)) == (clusters, [[3.0], [3.0]])
    assert np.asarray(stratum.treatment.moments.y).tolist() == [11]


def test_by_default_nothing_is_noted() -> None:
    assert nothing_to_note(0) == ()
