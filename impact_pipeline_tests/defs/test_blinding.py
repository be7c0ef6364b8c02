"""Nothing that a reader is given tells a running study's direction: every text searched for numbers, words and arms.

The same search finds them once the study is unblinded, and at its planned look, so that it can fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import dagster as dg
import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.bayesian_reading import BayesianReading
from impact_pipeline.kpis.base import Impact
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.unblinding import unblind
from impact_pipeline_tests.defs.blinded_home import EARLY, NEW, NOW, OLD, PLANNED, STUDY, Given, made, night, report

PAGE = f"{STUDY}.html"
TELLING = (PAGE, "index.html", "study/verdict impact/summary", "table", "json", "kpis/impact")
WORDS = re.compile(r"\brose\b|\bfell\b|better than|worse than|which is (?:better|worse)|did not clearly change")
SIGNED = re.compile("[+\N{MINUS SIGN}]\\d[\\d,.]* ?(?:%|pp|EUR)")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*\.\d+(?![\w.])")
FEWEST_DIGITS = 3
"""A printed number with fewer is like too many others."""


@dataclass(frozen=True)
class Told:
    """What readers had of one night, and the whole card that stood in the lake."""

    given: Given
    card: Scorecard


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Of a look before the planned one, of the same look once unblinded, and of another study's planned look."""
    home = tmp_path_factory.mktemp("blinded")
    made(home)
    with dg.DagsterInstance.ephemeral() as instance:
        early = Told(night(home, instance, EARLY), current_scorecard(Lake(home), STUDY))
        catalog = read_catalog(home / "catalog")
        unblind(catalog, Lake(home), STUDY, "a partner asks", actor="eve", now=NOW)
        broken = Told(report(home, instance), early.card)
    other = tmp_path_factory.mktemp("planned")
    made(other)
    with dg.DagsterInstance.ephemeral() as instance:
        planned = Told(night(other, instance, PLANNED), current_scorecard(Lake(other), STUDY))
    return {"early": early, "unblinded": broken, "planned": planned}


def numbers(card: Scorecard, metric: str = "") -> frozenset[float]:
    """Everything that tells of an effect, in size; of one metric where it is named."""
    return frozenset(abs(n) for n in _numbers(card, metric) if n)


def _numbers(card: Scorecard, metric: str) -> Iterator[float]:
    estimates = card.estimates
    for result in (*estimates.results, *estimates.beside):
        if isinstance(result, Estimate) and metric in ("", result.metric):
            yield from (result.value, result.interval.lower, result.interval.upper, *result.means.values())
            if result.relative is not None:
                lift = result.relative
                yield from (v * s for v in (lift.value, lift.interval.lower, lift.interval.upper) for s in (1, 100))
    for point in estimates.trajectory:
        yield from (point.value, point.interval.lower, point.interval.upper)
    for impact in card.impacts:
        if isinstance(impact, Impact):
            yield from (impact.amount, impact.interval.lower, impact.interval.upper)
    for reading in estimates.bayesian:
        if isinstance(reading, BayesianReading):
            yield from (reading.mean, 100 * reading.mean, 100 * reading.probability_better)


def leaks(text: str, forbidden: frozenset[float]) -> list[str]:
    """Printed numbers that are one of these, rounded; words and signs of direction; the arms' own names."""
    plain = re.sub(r"<dt>Arms</dt><dd>.*?</dd>", "", text)
    plain = unescape(re.sub(r"<[^>]+>", " ", plain) + " ".join(re.findall(r'aria-label="([^"]*)"', text)))
    plain = plain.replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")
    found = [number for number in NUMBER.findall(plain) if _tells(number, forbidden)]
    return [*found, *WORDS.findall(plain), *SIGNED.findall(plain), *(arm for arm in (OLD, NEW) if arm in plain)]


def _tells(printed: str, forbidden: frozenset[float]) -> bool:
    places = len(printed.partition(".")[2])
    enough = len(printed.replace(",", "").replace(".", "").lstrip("0")) >= FEWEST_DIGITS
    return enough and float(printed.replace(",", "")) in {round(number, places) for number in forbidden}


def searched(told: Told) -> dict[str, list[str]]:
    """Name of what readers were given -> what in it tells of the direction; how long a stage took does not."""
    given = {name: text for name, text in told.given.texts.items() if not name.endswith("seconds")}
    forbidden = numbers(told.card)
    return {name: found for name, text in given.items() if (found := leaks(text, forbidden))}


def test_nothing_tells_the_direction_before_the_planned_look(told: dict[str, Told]) -> None:
    early = told["early"]
    assert len(numbers(early.card)) > 50
    assert set(TELLING) <= set(early.given.texts)
    assert searched(early) == {}


@pytest.mark.parametrize("when", ["unblinded", "planned"])
def test_the_same_search_finds_it_once_it_may_be_seen(told: dict[str, Told], when: str) -> None:
    """Of a look that was unblinded, Dagster keeps what it was told then."""
    kept = {"study/verdict impact/summary"} if when == "unblinded" else set()
    assert set(TELLING) - kept <= set(searched(told[when]))


def test_no_picture_is_drawn_before_the_planned_look(told: dict[str, Told]) -> None:
    assert [name for name, text in told["early"].given.texts.items() if "<svg" in text or "data:image" in text] == []
    assert "<svg" in told["planned"].given[PAGE]
    assert "data:image/png" in told["planned"].given["study/verdict impact/picture"]


def test_what_is_shown_is_how_many_how_precisely_and_until_when(told: dict[str, Told]) -> None:
    page = unescape(told["early"].given[PAGE]).replace("\N{NO-BREAK SPACE}", " ")
    for shown in (
        "Blinded until the planned look, on 2026-03-08.",
        "day 3 of 5 to the planned look; 240 units exposed, enrolment has ended",
        "arm A 120, arm B 120", "\N{PLUS-MINUS SIGN} 13 %, 95 % interval",
        "The arms' units fit their planned shares (sequential p = 1; arm A 120 units, arm B 120 units).",
        "No amount of money: it is withheld until the look of 2026-03-08.",
    ):  # fmt: skip
        assert shown in page
    assert '"blinded_until": "2026-03-08"' in told["early"].given["json"]


def test_every_report_after_an_unblinding_says_who_when_and_why(told: dict[str, Told]) -> None:
    page = told["unblinded"].given[PAGE]
    clause = "unblinded before the planned look, by eve on 2026-03-10 at the look of 2026-03-06: a partner asks"
    assert clause in page
    assert "Blinded" not in page
    assert clause not in told["planned"].given[PAGE]


def test_the_lake_keeps_the_whole_result(told: dict[str, Told]) -> None:
    assert isinstance(told["early"].card.estimates.results[0], Estimate)
    assert told["early"].card.estimates.results[0].relative is not None


def test_harm_to_a_guardrail_alerts_and_nothing_else_is_told(tmp_path: Path) -> None:
    made(tmp_path, harm=True)
    with dg.DagsterInstance.ephemeral() as instance:
        given = night(tmp_path, instance, EARLY)
    card = current_scorecard(Lake(tmp_path), STUDY)
    alert = "Harm so far: Web buyers fell by 100.0 %"
    for name in (PAGE, "table", "json", "study/verdict impact/reason", "study/verdict impact/summary"):
        assert alert in given[name].replace("\\", "").replace("\N{NO-BREAK SPACE}", " "), name
    assert "Look at the harm now" in given[PAGE]
    own = numbers(card, "revenue") - numbers(card, "web_buyers")
    assert [(name, n) for name, text in given.texts.items() for n in NUMBER.findall(text) if _tells(n, own)] == []
