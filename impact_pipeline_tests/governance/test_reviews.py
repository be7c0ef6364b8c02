"""Reviews of the ledger and of documents are one list, by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.reviews import Review, find_review, open_challenges, reviews_of
from impact_pipeline.governance.verification import first_fault
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.governance.reviewed import DOCUMENT, EARLIER, LATER, STUDY, reviewed_home, reviewer
from impact_pipeline_tests.small_shop import write_catalog


def listed(workspace: Workspace) -> tuple[Review, ...]:
    return reviews_of(workspace.home, workspace.catalog.reviews.values())


def test_a_review_binds_to_the_result_that_was_named_when_it_was_said(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path)
    bob = reviewer(tmp_path)
    for reference in (STUDY, f"{STUDY}@2026-03-18", EARLIER[:8]):
        bob.say("comment", reference, f"about {reference}")
    assert {one.text: (one.result_id, one.as_of) for one in listed(workspace)} == {
        f"about {STUDY}": (LATER, "2026-03-20"),
        f"about {STUDY}@2026-03-18": (EARLIER, "2026-03-18"),
        f"about {EARLIER[:8]}": (EARLIER, "2026-03-18"),
    }
    assert first_fault(Ledger(tmp_path).lines()) is None


def test_a_document_and_a_command_that_say_the_same_are_one_review(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path, ramp=DOCUMENT)
    [written] = listed(workspace)
    assert (written.result_id, written.as_of, written.place) == (EARLIER, "2026-03-18", "reviews/ramp")
    said = reviewer(tmp_path, "eve").say("challenge", EARLIER[:8], "The ramp stood still for a day.")
    assert said.id == written.id
    [both] = listed(workspace)
    assert both.place == "entry 2 of the ledger"


def test_what_is_said_again_is_no_new_entry(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path)
    first = reviewer(tmp_path).say("request", STUDY, "By country, please.")
    assert reviewer(tmp_path).say("request", STUDY, "  By country, please. ") == first
    assert listed(workspace) == (first,)


def test_a_challenge_and_a_request_stand_open_until_they_are_answered(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path)
    for kind in ("comment", "challenge", "request"):
        reviewer(tmp_path).say(kind, STUDY, f"a {kind}")
    assert {one.kind: one.state for one in listed(workspace)} == {
        "comment": "noted", "challenge": "open", "request": "open",
    }  # fmt: skip
    [challenge] = open_challenges(listed(workspace))
    reviewer(tmp_path, "ada").answer(challenge, "It was seen and does not matter.")
    assert open_challenges(listed(workspace)) == ()
    answered = find_review(listed(workspace), challenge.id[:6])
    assert [(one.author, one.text) for one in answered.answers] == [("ada", "It was seen and does not matter.")]


def test_answers_stand_in_documents_too(tmp_path: Path) -> None:
    answer = "answers:\n  - {author: ada, written_on: 2026-03-22, text: 'No: see the log.'}\n"
    workspace = reviewed_home(tmp_path, ramp=DOCUMENT + answer)
    [review] = listed(workspace)
    reviewer(tmp_path, "ada").answer(review, "No: see the log.")
    reviewer(tmp_path, "bob").answer(review, "Agreed.")
    [review] = listed(workspace)
    assert [(one.author, one.written_on) for one in review.answers] == [("ada", "2026-03-21"), ("bob", "2026-03-21")]
    assert review.state == "answered"


def test_an_answer_keeps_what_it_answers_when_the_document_is_gone(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path, ramp=DOCUMENT)
    [review] = listed(workspace)
    reviewer(tmp_path, "ada").answer(review, "It did not.")
    (tmp_path / "catalog" / "reviews" / "ramp.yaml").unlink()
    [kept] = reviews_of(tmp_path, write_catalog(tmp_path / "catalog").reviews.values())
    assert (kept.id, kept.text, kept.answers[0].text) == (review.id, review.text, "It did not.")


def test_a_document_about_a_result_that_nobody_recorded_is_listed(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path, ramp=DOCUMENT.replace(EARLIER[:12], "0123456789ab"))
    [review] = listed(workspace)
    assert (review.result_id, review.as_of) == ("0123456789ab", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "--text has 0 characters; write 1 to 4,000"),
        ("x" * 4001, "--text has 4,001 characters; write 1 to 4,000"),
        ("a\x1b[31m", r"--text holds U\+001B, a control or format character; write it without"),
        ("a\u202eb", r"--text holds U\+202E"),
        ("a\rb", r"--text holds U\+000D"),
    ],
)
def test_what_is_no_plain_text_is_refused_and_leaves_nothing(tmp_path: Path, text: str, told: str) -> None:
    reviewed_home(tmp_path)
    before = Ledger(tmp_path).path.read_bytes()
    with pytest.raises(InputError, match=told):
        reviewer(tmp_path).say("challenge", STUDY, text)
    with pytest.raises(InputError, match="--actor holds"):
        reviewer(tmp_path, "e\x00ve").say("challenge", STUDY, "sound")
    assert Ledger(tmp_path).path.read_bytes() == before


def test_a_reference_that_names_no_review_lists_what_is_open(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path, ramp=DOCUMENT)
    [review] = listed(workspace)
    told = rf"'zzzz' is the id of no review: {review.id} \(challenge on ranker_v2\); `impact review list` shows all"
    with pytest.raises(InputError, match=told):
        find_review(listed(workspace), "zzzz")
    with pytest.raises(InputError, match="is the id of no review"):
        find_review(listed(workspace), review.id[:3])
    with pytest.raises(InputError, match="is the id of several reviews: "):
        find_review((review, review), review.id)


def test_reviews_of_one_study_leave_out_others(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path, ramp=DOCUMENT)
    documents = workspace.catalog.reviews.values()
    assert reviews_of(tmp_path, documents, "another") == ()
    assert len(reviews_of(tmp_path, documents, STUDY)) == 1
