"""What is wrong with an access policy: faults of its own, and reviewers of plans whom it does not let approve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from impact_pipeline.catalog.access import AccessPolicy
from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.catalog.load import ACCESS_FILE
from impact_pipeline.governance.access import Closed
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_life import PlanState, life_of


def access_faults(policy: AccessPolicy | Closed | None, catalog: Catalog, home: Path) -> tuple[Issue, ...]:
    """Faults with their places; none without a policy."""
    if isinstance(policy, Closed):
        return policy.issues
    return () if policy is None else tuple(_reviewers_who_may_not(policy, catalog, home))


def _reviewers_who_may_not(policy: AccessPolicy, catalog: Catalog, home: Path) -> Iterator[Issue]:
    for study, plan in catalog.plans.items():
        for place, name in enumerate(plan.governance.reviewers if plan.governance else ()):
            if "approver" not in policy.roles_of(name) and _awaited(study, name, home):
                told = f"'{name}' has not the role approver in {ACCESS_FILE}, and cannot approve the plan; give it"
                yield catalog.origins["study", study].issue(("governance", "reviewers", place), told)


def _awaited(study: str, reviewer: str, home: Path) -> bool:
    """Whether the plan can still be approved and the reviewer did not do so."""
    life = life_of(study, Ledger(home).entries(study))
    open_ = life.state is PlanState.DRAFT or life.refusal("approve") is None
    return open_ and f"reviewer {reviewer}" not in life.approvals
