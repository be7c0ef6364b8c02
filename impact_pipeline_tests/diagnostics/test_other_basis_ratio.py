from __future__ import annotations

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.other_basis_ratio import OtherBasisRatio
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, study

RULE = {"dataset": "assignments", "arm_column": "arm", "exposed_at": "assigned_at"}
STORES = {"type": "cluster_randomized", "cluster": "store", "arms": {"control": 0.5, "treatment": 0.5}}


def checked(*assigned: Group, **plan: object) -> Finding:
    sound = cells(exposed("control", 500), exposed("treatment", 500))
    evidence = Evidence(sound, START, {}, {"exposed": sound, "assigned": cells(*assigned)}, 0)
    return OtherBasisRatio().check(study(mean_metric(), assignment=RULE, **plan), evidence)  # type: ignore[arg-type]


def test_shares_of_assigned_units_are_checked() -> None:
    assert checked(exposed("control", 5000), exposed("treatment", 5050)).passed is True
    found = checked(exposed("control", 5000), exposed("treatment", 4000))
    assert (found.diagnostic, found.passed, found.consequence) == ("other_basis_ratio", False, "invalidate")
    assert found.sentence.startswith("Among assigned units: The arms' units do not fit their planned shares")


def test_clusters_are_counted_where_they_are_randomised() -> None:
    apart = [
        exposed(arm, 9, segment=(CLUSTER, f"{arm}{i}"))
        for arm, n in (("control", 40), ("treatment", 8))
        for i in range(n)
    ]
    found = checked(*apart, design={**STORES, "control": "control"})
    assert found.sentence.startswith("Among assigned units: The arms' clusters do not fit their planned shares")


def test_one_place_is_not_asked() -> None:
    found = OtherBasisRatio().check(study(mean_metric()), Evidence(cells(), START, {}))
    assert (found.passed, found.sentence) == (None, "The plan assigns and exposes units in one place.")
