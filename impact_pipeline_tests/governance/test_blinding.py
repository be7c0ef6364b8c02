"""Until when a study is blinded, by its registered plan and the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.governance.blinding import (
    UNBLINDING,
    Blinding,
    aliases,
    blinding_of,
    deciding_entries,
    unblindings,
)
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.standing import standing_of
from impact_pipeline_tests.governance.test_registration import PLAN, edited, registry, study_of
from impact_pipeline_tests.small_shop import document

EARLY, PLANNED = date(2026, 3, 6), date(2026, 3, 8)
SHOWING = document(PLAN) + "governance: {blinding: false}\n"
BLINDED = Blinding(PLANNED, "its planned look is on 2026-03-08")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Registered."""
    found = study_of(tmp_path)
    registry(tmp_path).register(found, "ready")
    return found


def judged(home: Path, study: Study, as_of: date = EARLY, *, final: bool = False) -> Blinding:
    return blinding_of(study, home, deciding_entries(home).get(study.name, ()), as_of, final=final)


def broken(home: Path) -> None:
    told = {"study": "ranker_v2", "as_of": "2026-03-06", "reason": "a partner asks"}
    Ledger(home).append(UNBLINDING, told, actor="eve", now=datetime(2026, 3, 7, tzinfo=UTC))


def test_a_registered_study_is_blinded_until_its_planned_look(tmp_path: Path, study: Study) -> None:
    assert judged(tmp_path, study) == BLINDED
    assert judged(tmp_path, study, PLANNED) == Blinding(None, "its planned look was on 2026-03-08")


def test_a_final_verdict_before_it_ends_the_blinding(tmp_path: Path, study: Study) -> None:
    assert judged(tmp_path, study, final=True) == Blinding(None, "it has a final verdict")


def test_an_unblinding_shows_it_from_then_on_and_is_a_deviation(tmp_path: Path, study: Study) -> None:
    broken(tmp_path)
    assert judged(tmp_path, study) == Blinding(None, "eve unblinded it on 2026-03-07")
    clause = "unblinded before the planned look, by eve on 2026-03-07 at the look of 2026-03-06: a partner asks"
    assert unblindings(deciding_entries(tmp_path)["ranker_v2"]) == (clause,)
    standing = standing_of(study, tmp_path, None)
    assert (standing.exploratory, standing.deviations) == ((), (clause,))


def test_an_unblinding_of_another_study_shows_nothing(tmp_path: Path, study: Study) -> None:
    told = {"study": "ranker_v3", "as_of": "2026-03-06", "reason": "x"}
    Ledger(tmp_path).append(UNBLINDING, told, actor="eve", now=datetime(2026, 3, 7, tzinfo=UTC))
    assert judged(tmp_path, study) == BLINDED


def test_an_unblinding_that_was_edited_in_shows_nothing(tmp_path: Path, study: Study) -> None:
    broken(tmp_path)
    path = Ledger(tmp_path).path
    path.write_bytes(path.read_bytes().replace(b"a partner asks", b"a partner ask!"))
    assert judged(tmp_path, study) == BLINDED


def test_a_plan_may_be_registered_to_show_direction(tmp_path: Path) -> None:
    showing = study_of(tmp_path, SHOWING)
    told = "its plan shows direction from the start (`governance.blinding: false`)"
    assert judged(tmp_path, showing) == Blinding(None, told)
    registry(tmp_path).register(showing, "nobody waits for it")
    assert judged(tmp_path, showing) == Blinding(None, told)


def test_an_edit_after_the_registration_shows_nothing(tmp_path: Path, study: Study) -> None:
    assert judged(tmp_path, study_of(tmp_path, SHOWING)) == BLINDED
    shortened = study_of(tmp_path, edited("ends: 2026-03-06", "ends: 2026-03-04"))
    assert shortened.planned_look == EARLY
    assert judged(tmp_path, shortened) == BLINDED


def test_an_amendment_shows_it(tmp_path: Path, study: Study) -> None:
    registry(tmp_path).amend(study_of(tmp_path, SHOWING), "a product launch hangs on it")
    assert judged(tmp_path, study).until is None


def test_a_draft_is_blinded_too(tmp_path: Path) -> None:
    assert judged(tmp_path, study_of(tmp_path)) == BLINDED


def test_an_abandoned_study_is_shown(tmp_path: Path, study: Study) -> None:
    registry(tmp_path).abandon(study.name, "the model was withdrawn")
    assert judged(tmp_path, study) == Blinding(None, "its plan was abandoned")


def test_a_plan_that_cannot_be_read_any_more_stays_blinded(tmp_path: Path, study: Study) -> None:
    for path in (tmp_path / "ledger" / "documents").glob("*.json"):
        path.unlink()
    assert judged(tmp_path, study, PLANNED).until == PLANNED
    assert judged(tmp_path, study, PLANNED, final=True).until is None


def test_plans_that_do_not_name_blinding_keep_their_digest(tmp_path: Path) -> None:
    plain = study_of(tmp_path).plan
    signed = study_of(tmp_path, document(PLAN) + "governance: {ethics: true}\n").plan
    assert "blinding" not in str(plain.model_dump(mode="json"))
    assert "blinding" not in str(signed.model_dump(mode="json"))
    named = study_of(tmp_path, document(PLAN) + "governance: {ethics: true, blinding: true}\n").plan
    assert digest(named) == digest(signed)
    assert digest(study_of(tmp_path, SHOWING).plan) != digest(plain)


def test_aliases_do_not_hang_on_the_order_of_arms() -> None:
    names = aliases("ranker_v7", ["control", "treatment", "third"])
    assert names == aliases("ranker_v7", ["third", "treatment", "control"])
    assert list(names.values()) == ["arm A", "arm B", "arm C"]
    orders = {tuple(aliases(f"study_{n}", ["control", "treatment"])) for n in range(20)}
    assert orders == {("control", "treatment"), ("treatment", "control")}
