"""What `impact check` tells of a policy: its own faults, and reviewers who may not approve what awaits them."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.governance.access import policy_at
from impact_pipeline.governance.access_faults import access_faults
from impact_pipeline_tests.governance.test_access import in_force, write_policy
from impact_pipeline_tests.governance.test_registration import PLAN, registry
from impact_pipeline_tests.small_shop import document, write_catalog

REVIEWED = document(PLAN) + "governance: {reviewers: [bob, eve]}\n"


def test_a_reviewer_who_may_not_approve_is_a_fault_of_the_plan(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog", changes={PLAN: REVIEWED})
    assert access_faults(policy_at(tmp_path), catalog, tmp_path) == ()
    [issue] = access_faults(in_force(tmp_path), catalog, tmp_path)
    assert (issue.file, issue.field) == (PLAN, "governance.reviewers.1")
    assert issue.message == "'eve' has not the role approver in access.yaml, and cannot approve the plan; give it"


def test_who_has_approved_or_cannot_any_more_need_not_stay_an_approver(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog", changes={PLAN: REVIEWED})
    policy, study = in_force(tmp_path), catalog.study("ranker_v2")
    registry(tmp_path).register(study, "ready")
    assert len(access_faults(policy, catalog, tmp_path)) == 1
    registry(tmp_path, "eve").approve(study, "reviewer")
    assert access_faults(policy, catalog, tmp_path) == ()


def test_no_reviewer_is_awaited_by_a_plan_that_was_given_up(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog", changes={PLAN: REVIEWED})
    registry(tmp_path).register(catalog.study("ranker_v2"), "ready")
    registry(tmp_path).abandon("ranker_v2", "withdrawn")
    assert access_faults(in_force(tmp_path), catalog, tmp_path) == ()


def test_a_faulty_policy_tells_its_own_faults(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog", changes={PLAN: REVIEWED})
    write_policy(tmp_path, "apiVersion: impact-access/v2\nowner: team:data\ndescription: test\n")
    [issue] = access_faults(policy_at(tmp_path), catalog, tmp_path)
    assert (issue.file, issue.line, issue.field) == ("access.yaml", 1, "apiVersion")
