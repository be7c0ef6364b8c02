"""Every state change that is out of order is refused with what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from impact_pipeline.governance.entries import Entry, chained
from impact_pipeline.governance.plan_life import REFUSED, Action, PlanLife, PlanState, life_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)
VERSION: dict[str, Any] = {"digest": "d1", "documents": {"study a": "x"}, "needed": ["reviewer bob", "ethics"]}
REGISTRATION = ("registration", "ada", VERSION)
LOOK = ("look", "pipeline", {"as_of": "2026-03-05"})
INTERIM, FINAL = ("verdict", "pipeline", {"final": False}), ("verdict", "pipeline", {"final": True})
HISTORIES: dict[PlanState, list[tuple[str, str, dict[str, Any]]]] = {
    PlanState.DRAFT: [LOOK, FINAL],
    PlanState.REGISTERED: [REGISTRATION],
    PlanState.RUNNING: [REGISTRATION, LOOK, INTERIM],
    PlanState.DECIDED: [REGISTRATION, LOOK, FINAL, LOOK, INTERIM],
    PlanState.CLOSED: [REGISTRATION, LOOK, FINAL, ("closure", "ada", {}), LOOK],
    PlanState.ABANDONED: [REGISTRATION, LOOK, ("abandonment", "ada", {}), LOOK, FINAL],
}
ALLOWED: dict[Action, set[PlanState]] = {
    "register": {PlanState.DRAFT},
    "approve": {PlanState.REGISTERED, PlanState.RUNNING},
    "amend": {PlanState.REGISTERED, PlanState.RUNNING},
    "close": {PlanState.DECIDED},
    "abandon": {PlanState.REGISTERED, PlanState.RUNNING},
}


def lived(*told: tuple[str, str, dict[str, Any]], study: str = "a") -> PlanLife:
    entries: list[Entry] = []
    for event, actor, payload in told:
        before = entries[-1] if entries else None
        entries.append(chained(before, event, {"study": study, **payload}, actor=actor, now=NOW))
    return life_of("a", entries)


@pytest.mark.parametrize("state", PlanState)
def test_the_ledger_alone_tells_the_state(state: PlanState) -> None:
    assert lived(*HISTORIES[state]).state is state


@pytest.mark.parametrize("state", PlanState)
@pytest.mark.parametrize("action", get_args(Action))
def test_an_action_out_of_order_is_refused_with_what_to_do(action: Action, state: PlanState) -> None:
    refusal = lived(*HISTORIES[state]).refusal(action)
    if state in ALLOWED[action]:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.startswith("plan 'a' ")
        assert any(told in refusal for told in ("`impact plan ", "write a new plan", "delete its file"))
        assert "{" not in refusal


def test_refusals_name_the_next_step() -> None:
    told = lived(REGISTRATION).refusal("register")
    assert told == "plan 'a' is registered already: change it with `impact plan amend a --reason ...`"
    told = lived().refusal("approve")
    assert told == "plan 'a' is a draft: register it first, `impact plan register a --reason ...`"
    assert set(REFUSED) == set(get_args(Action))


def test_entries_of_other_studies_change_nothing() -> None:
    assert lived(REGISTRATION, LOOK, study="b") == PlanLife("a")


def test_approvals_count_by_name_and_fall_with_an_amendment_that_binds() -> None:
    bob, ethics = ("approval", "bob", {"approval": "reviewer bob"}), ("approval", "eve", {"approval": "ethics"})
    life = lived(REGISTRATION, bob)
    assert (life.missing, life.writers) == (("ethics",), {"ada"})
    assert lived(REGISTRATION, bob, ethics).missing == ()
    shown, bound = (("amendment", "ada", {**VERSION, "binds": binds, "changes": []}) for binds in (False, True))
    assert lived(REGISTRATION, bob, ethics, shown).missing == ()
    assert lived(REGISTRATION, bob, ethics, bound).missing == ("reviewer bob", "ethics")


def test_what_was_read_before_is_remembered() -> None:
    assert not lived(REGISTRATION, LOOK).looked_before
    late = lived(LOOK, REGISTRATION)
    assert (late.looked_before, late.first_look, late.state) == (True, "2026-03-05", PlanState.REGISTERED)
    amended = ("amendment", "ada", {**VERSION, "binds": True, "changes": []})
    assert [made.late for made in lived(REGISTRATION, amended, LOOK, amended).amendments] == [False, True]
