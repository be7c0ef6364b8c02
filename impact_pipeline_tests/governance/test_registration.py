"""People act on plans: each act is an entry, and one that is out of order leaves none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_documents import KeptDocuments
from impact_pipeline.governance.plan_life import PlanState, life_of
from impact_pipeline.governance.registration import Registry
from impact_pipeline.governance.standing import Standing, standing_of
from impact_pipeline_tests.small_shop import document, write_catalog

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BEGAN = date(2026, 3, 4)
PLAN, REVENUE = "studies/ranker_v2.yaml", "metrics/revenue.yaml"
SIGNED = document(PLAN) + "governance: {reviewers: [bob], ethics: true}\n"


def study_of(home: Path, plan: str = document(PLAN), **changed: str) -> Study:
    """The small shop's study with its plan, or other documents, written anew; `_` stands for `/` in their names."""
    others = {f"{name.replace('__', '/')}.yaml": text for name, text in changed.items()}
    return write_catalog(home / "catalog", changes={PLAN: plan, **others}).study("ranker_v2")


def registry(home: Path, actor: str = "ada") -> Registry:
    return Registry(home, actor, NOW)


def edited(old: str, new: str, text: str = document(PLAN)) -> str:
    assert old in text
    return text.replace(old, new)


def looked(home: Path, *, final: bool = False) -> None:
    ledger = Ledger(home)
    ledger.append("look", {"study": "ranker_v2", "as_of": "2026-03-05"}, actor="pipeline", now=NOW)
    ledger.append("verdict", {"study": "ranker_v2", "final": final}, actor="pipeline", now=NOW)


def state(home: Path) -> PlanState:
    return life_of("ranker_v2", Ledger(home).entries()).state


def test_a_registration_names_every_document_by_its_content(tmp_path: Path) -> None:
    entry = registry(tmp_path).register(study_of(tmp_path), "ready")
    assert (entry.event, entry.actor, entry.payload["reason"]) == ("registration", "ada", "ready")
    assert list(entry.payload["documents"]) == sorted(entry.payload["documents"])
    assert {name.split(" ")[0] for name in entry.payload["documents"]} == {
        "study", "metric", "fact", "feature", "contract", "model",
    }  # fmt: skip
    kept = KeptDocuments(tmp_path).read(entry.payload["documents"])
    assert kept["study ranker_v2"]["decision"]["alpha"] == 0.05
    assert set(kept["fact orders"]["measures"]) == {"revenue", "orders", "price"}


def test_the_same_documents_have_the_same_digest_in_another_home(tmp_path: Path) -> None:
    here, there = (registry(tmp_path / name).register(study_of(tmp_path / name), "x") for name in ("here", "there"))
    assert here.payload["digest"] == there.payload["digest"]


def test_out_of_order_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    study, ada = study_of(tmp_path), registry(tmp_path)
    for refused in (lambda: ada.approve(study, "ethics"), lambda: ada.amend(study, "x"), lambda: ada.close("a", "x")):
        with pytest.raises(InputError, match=r"is a draft: register it first, `impact plan register"):
            refused()
    ada.register(study, "ready")
    for refused, told in (
        (lambda: ada.register(study, "again"), "is registered already: change it with `impact plan amend"),
        (lambda: ada.close("ranker_v2", "done"), "has no look yet"),
        (lambda: ada.amend(study, "why"), "is what was registered: edit its documents first"),
        (lambda: ada.abandon("ranker_v2", " "), "to abandon a plan takes a reason"),
    ):
        with pytest.raises(InputError, match=told):
            refused()
    assert [entry.event for entry in Ledger(tmp_path).entries()] == ["registration"]


def test_a_plan_with_a_broken_metric_cannot_be_bound(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    catalog = study.catalog
    without = {name: metric for name, metric in catalog.metrics.items() if name != "price"}
    broken = Study(type(catalog)(catalog.root, facts=catalog.facts, metrics=without), study.plan)
    with pytest.raises(InputError, match="names metrics with faults, and cannot be bound yet: price"):
        registry(tmp_path).register(broken, "ready")


def test_approvals_are_those_that_the_plan_asks_for_by_others(tmp_path: Path) -> None:
    study = study_of(tmp_path, SIGNED)
    registry(tmp_path).register(study, "ready")
    assert standing_of(study, tmp_path, BEGAN).exploratory == ("plan not approved, missing: reviewer bob, ethics",)
    for actor, role, told in (
        ("eve", "reviewer", r"asks for no approval 'reviewer eve'; it needs reviewer bob, ethics"),
        ("eve", "privacy", r"asks for no approval 'privacy'"),
        ("ada", "ethics", r"was registered or amended by ada; somebody else approves it"),
    ):
        with pytest.raises(InputError, match=told):
            registry(tmp_path, actor).approve(study, role)  # type: ignore[arg-type]
    registry(tmp_path, "bob").approve(study, "reviewer")
    with pytest.raises(InputError, match="has the approval 'reviewer bob' already, by bob"):
        registry(tmp_path, "bob").approve(study, "reviewer")
    registry(tmp_path, "eve").approve(study, "ethics")
    assert standing_of(study, tmp_path, BEGAN) == Standing()


def test_whoever_wrote_any_version_of_a_plan_does_not_approve_it(tmp_path: Path) -> None:
    registry(tmp_path, "eve").register(study_of(tmp_path, SIGNED), "ready")
    shorter = study_of(tmp_path, edited("title: Ranker 2", "title: R", SIGNED))
    registry(tmp_path, "ada").amend(shorter, "a shorter title")
    for actor in ("eve", "ada"):
        with pytest.raises(InputError, match=f"was registered or amended by {actor}; somebody else approves it"):
            registry(tmp_path, actor).approve(shorter, "ethics")
    registry(tmp_path, "bob").approve(shorter, "ethics")


def test_what_was_edited_since_is_not_approved(tmp_path: Path) -> None:
    registry(tmp_path).register(study_of(tmp_path, SIGNED), "ready")
    other = study_of(tmp_path, edited("role: success", "role: exploratory", SIGNED).replace(
        "{metric: web_buyers, role: exploratory}", "{metric: web_buyers, role: success}"))  # fmt: skip
    with pytest.raises(InputError, match=r"is not what was registered .*amend it or restore it, then approve"):
        registry(tmp_path, "bob").approve(other, "reviewer")


def test_reviewers_cannot_be_edited_away(tmp_path: Path) -> None:
    registry(tmp_path).register(study_of(tmp_path, SIGNED), "ready")
    plain = standing_of(study_of(tmp_path), tmp_path, BEGAN)
    assert "plan not approved, missing: reviewer bob, ethics" in plain.exploratory
    assert any("governance changed" in told for told in plain.exploratory)


def test_an_amendment_stores_what_changed(tmp_path: Path) -> None:
    registry(tmp_path).register(study_of(tmp_path), "ready")
    entry, found = registry(tmp_path).amend(
        study_of(tmp_path, edited("min_units_per_arm: 2", "min_units_per_arm: 2, alpha: 0.1")), "less to lose"
    )
    assert [str(change) for change in found] == ["alpha changed: 0.05 -> 0.1"]
    assert (entry.payload["binds"], entry.payload["replaces"]) == (True, 0)
    assert entry.payload["changes"] == [
        {
            "document": "study ranker_v2", "field": "decision.alpha", "part": "statistic", "binds": True,
            "before": 0.05, "after": 0.1,
        }
    ]  # fmt: skip


def test_a_plan_is_decided_then_closed(tmp_path: Path) -> None:
    ada, study = registry(tmp_path), study_of(tmp_path)
    ada.register(study, "ready")
    looked(tmp_path, final=True)
    with pytest.raises(InputError, match="has a verdict, which a change must not touch"):
        ada.amend(study, "x")
    with pytest.raises(InputError, match="has a verdict and can no longer be given up"):
        ada.abandon("ranker_v2", "x")
    ada.close("ranker_v2", "shipped")
    assert state(tmp_path) is PlanState.CLOSED
    with pytest.raises(InputError, match="is closed: write a new plan under another name"):
        ada.register(study, "again")


def test_an_unregistered_plan_explores(tmp_path: Path) -> None:
    assert standing_of(study_of(tmp_path), tmp_path, BEGAN) == Standing(("plan not registered",))


def test_a_registered_plan_binds_through_its_looks(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    registry(tmp_path).register(study, "ready")
    looked(tmp_path)
    assert standing_of(study, tmp_path, BEGAN) == Standing()


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, True), (32400, True)])
def test_a_registration_counts_that_is_older_than_the_day_on_which_the_effect_begins(
    tmp_path: Path, seconds: int, late: bool
) -> None:
    """To the second, in UTC: units are exposed from midnight on."""
    at = datetime(2026, 3, 4, tzinfo=UTC) + timedelta(seconds=seconds)
    study = study_of(tmp_path)
    Registry(tmp_path, "ada", at).register(study, "ready")
    told = (f"plan registered on {at.date()}, after it began on {BEGAN}",) if late else ()
    assert standing_of(study, tmp_path, BEGAN).exploratory == told


def test_a_registration_after_a_look_comes_too_late(tmp_path: Path) -> None:
    looked(tmp_path)
    study = study_of(tmp_path)
    registry(tmp_path).register(study, "ready")
    told = "plan registered after its outcomes were first read"
    assert standing_of(study, tmp_path, BEGAN).exploratory == (told,)


def test_an_abandoned_plan_explores(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    registry(tmp_path).register(study, "ready")
    registry(tmp_path).abandon("ranker_v2", "the model was withdrawn")
    assert standing_of(study, tmp_path, BEGAN).exploratory == ("plan abandoned",)


EDITS = {
    "alpha": (edited("min_units_per_arm: 2", "min_units_per_arm: 2, alpha: 0.1"), "alpha changed: 0.05 -> 0.1"),
    "dates": (edited("ends: 2026-03-06", "ends: 2026-03-07"), "dates moved: ends 2026-03-06 -> 2026-03-07"),
    "role": (
        edited("{metric: web_buyers, role: exploratory}", "{metric: web_buyers, role: success}"),
        "metrics.web_buyers.role changed: exploratory -> success",
    ),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_that_binds_makes_a_verdict_exploratory(tmp_path: Path, edit: str) -> None:
    plan, told = EDITS[edit]
    registry(tmp_path).register(study_of(tmp_path), "ready")
    study = study_of(tmp_path, plan)
    assert f"plan changed since it was registered: {told}" in standing_of(study, tmp_path, BEGAN).exploratory
    registry(tmp_path).amend(study, "planned so, written wrongly")
    found = standing_of(study, tmp_path, BEGAN)
    assert found.exploratory == ()
    assert f"amended before the first look: {told}" in found.deviations


def test_an_amendment_after_a_look_does_not_bind(tmp_path: Path) -> None:
    registry(tmp_path).register(study_of(tmp_path), "ready")
    looked(tmp_path)
    study = study_of(tmp_path, EDITS["alpha"][0])
    registry(tmp_path).amend(study, "so that it ships")
    assert standing_of(study, tmp_path, BEGAN).exploratory == (
        "plan amended after the first look: alpha changed: 0.05 -> 0.1",
    )


def test_what_feeds_no_verdict_is_told_and_changes_none(tmp_path: Path) -> None:
    registry(tmp_path).register(study_of(tmp_path), "ready")
    study = study_of(
        tmp_path, edited("title: Ranker 2", "title: The second ranker").replace(
            "{metric: price, role: exploratory}", "{metric: price, role: exploratory, window: {days: 2}}"),
    )  # fmt: skip
    assert standing_of(study, tmp_path, BEGAN) == Standing((), (
        "changed since it was registered: metric removed: price (exploratory)",
        "changed since it was registered: metric added: price__d0_1 (exploratory)",
        "changed since it was registered: title changed: Ranker 2 -> The second ranker",
    ))  # fmt: skip


def test_a_metric_that_decides_binds_with_its_document(tmp_path: Path) -> None:
    registry(tmp_path).register(study_of(tmp_path), "ready")
    study = study_of(tmp_path, metrics__revenue=edited("window: {days: 3}", "window: {days: 2}", document(REVENUE)))
    told = "plan changed since it was registered: metric revenue: window.days changed: 3 -> 2"
    assert standing_of(study, tmp_path, BEGAN).exploratory == (told,)


def test_a_kept_document_that_was_changed_is_named(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    entry = registry(tmp_path).register(study, "ready")
    path = tmp_path / "ledger" / "documents" / f"{entry.payload['documents']['study ranker_v2']}.json"
    path.write_bytes(path.read_bytes().replace(b"0.05", b"0.06"))
    with pytest.raises(LakeError, match="registered as study ranker_v2, was changed after it was written"):
        standing_of(study, tmp_path, BEGAN)
    path.unlink()
    with pytest.raises(LakeError, match="registered as study ranker_v2, is gone"):
        standing_of(study, tmp_path, BEGAN)
