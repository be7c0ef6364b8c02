from __future__ import annotations

import math

import pytest

from impact_pipeline.reports.ranking import scores, tokens

TEXTS = ("stop the ramp before a holiday", "ramp ramp", "a price rise is felt late", "")


def test_a_score_is_that_of_the_formula() -> None:
    """Two texts of four hold the word; lengths are 6, 2, 6, 0 and 3.5 on average."""
    rarity = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    first = rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 6 / 3.5))
    second = rarity * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2 / 3.5))
    assert scores(TEXTS, ["ramp"]) == pytest.approx([first, second, 0, 0], abs=1e-12)


def test_rare_words_weigh_more_and_words_add_up() -> None:
    both = scores(TEXTS, ["a", "holiday"])
    assert both[0] > both[2] > 0
    alone = [scores(TEXTS, [word])[0] for word in ("a", "holiday")]
    assert both[0] == pytest.approx(sum(alone))
    assert alone[1] > alone[0]


def test_a_word_given_twice_counts_once() -> None:
    assert scores(TEXTS, ["ramp", "RAMPS"]) == scores(TEXTS, ["ramp"])


def test_nothing_to_search_or_to_look_for_scores_nothing() -> None:
    assert scores([], ["ramp"]) == []
    assert scores(["", ""], ["ramp"]) == [0, 0]
    assert scores(TEXTS, ["?!"]) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Straße", ["strasse"]),
        ("ﬁne", ["fine"]),
        ("loss_per_order", ["loss", "per", "order"]),
        ("bus gas", ["bus", "gas"]),
    ],
)
def test_words_are_compared_in_one_form(text: str, found: list[str]) -> None:
    assert tokens(text) == found
