"""Reviews on the pages, in the table and in Markdown: seen where they matter, and inert."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from impact_pipeline.governance.reviews import Answer, Review
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.reviews import challenges_in_markdown, lines
from impact_pipeline.reports.site import write_site
from impact_pipeline.reports.terminal import summary_rows
from impact_pipeline_tests.reports.examples import HOSTILE, catalog, scorecard
from impact_pipeline_tests.reports.markup import Markup

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
SHOWN, OLDER = "9f" * 32, "ab" * 32


def review(text: str = "The ramp stood still.", **fields: Any) -> Review:
    told = {
        "study": "ranker_v2", "result_id": SHOWN, "as_of": "2026-03-20", "kind": "challenge", "author": "eve",
        "written_on": "2026-03-21", "place": "reviews/ramp",
    }  # fmt: skip
    return Review(text=text, **{**told, **fields})


def pages(folder: Path, *reviews: Review) -> tuple[Markup, Markup]:
    """The index and the study's page."""
    write_site([scorecard()], catalog(), folder, generated_at=NOON, reviews=reviews)
    index, study = ((folder / name).read_text(encoding="utf-8") for name in ("index.html", "studies/ranker_v2.html"))
    return Markup(index), Markup(study)


def test_an_open_challenge_stands_at_the_top_of_the_page_and_marks_the_index(tmp_path: Path) -> None:
    index, study = pages(tmp_path, review())
    assert "eve, 2026-03-21, about this result: The ramp stood still." in study.text.split("The plan")[0]
    assert "ship grade A challenged" in index.text
    [row] = summary_rows([scorecard()], catalog(), [review()])
    assert (row["verdict"], row["challenges"]) == ("ship", 1)


def test_an_answered_challenge_stands_with_its_answer_and_marks_nothing(tmp_path: Path) -> None:
    answered = review(answers=(Answer("ada", "2026-03-22", "It was seen."),))
    index, study = pages(tmp_path, answered)
    assert "challenged" not in index.text
    assert "challenged" not in study.text
    assert "this result The ramp stood still. It was seen. ada, 2026-03-22" in study.text


def test_a_review_of_an_older_result_stands_with_the_result_that_it_is_about(tmp_path: Path) -> None:
    older = review(result_id=OLDER, as_of="2026-03-18")
    unknown = review("Where is it?", result_id="0123456789ab", as_of="", kind="request")
    _, study = pages(tmp_path, older, unknown)
    assert f"about the result of 2026-03-18, {OLDER[:16]}: The ramp stood still." in study.text
    assert "a result that is not in the ledger, 0123456789ab Where is it? open" in study.text


def test_reviews_of_other_studies_stand_elsewhere(tmp_path: Path) -> None:
    index, study = pages(tmp_path, review(study="another"))
    assert "The ramp stood still." not in study.text + index.text


def test_hostile_words_are_inert(tmp_path: Path) -> None:
    reviews = [review(text, author=text, answers=(Answer(text, text, text),)) for text in HOSTILE]
    opened = [review(text, author=text, written_on=text) for text in HOSTILE]
    for page in pages(tmp_path, *reviews, *opened):
        assert page.live() == []
    _, study = pages(tmp_path, *reviews)
    assert all(visible(text) in study.text for text in HOSTILE)
    told = challenges_in_markdown(opened) or ""
    assert "http://" not in told
    assert "<" not in told
    assert len(told.splitlines()) == len(HOSTILE) + 2
    assert all(line.isprintable() for line in lines(opened))


def test_nothing_open_is_nothing_in_markdown() -> None:
    assert challenges_in_markdown([review(kind="request")]) is None
    assert challenges_in_markdown([review()]) == (
        "Open challenges:\n\n- ranker\\_v2, look of 2026\\-03\\-20, eve\\: The ramp stood still\\.\n"
    )


def test_lines_of_a_terminal_tell_review_and_answers() -> None:
    answered = review("two\nlines", answers=(Answer("ada", "2026-03-22", "seen"),))
    assert list(lines([answered])) == [
        f"{answered.id} challenge answered ranker_v2@2026-03-20 2026-03-21 eve: two lines",
        "    2026-03-22 ada: seen",
    ]
