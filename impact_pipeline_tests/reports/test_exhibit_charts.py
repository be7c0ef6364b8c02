"""One picture for each kind of exhibit: it is drawn, holds its points, and survives hostile names."""

from __future__ import annotations

import pytest

from impact_pipeline.causal.exhibits import (
    Alternative,
    Balance,
    BalanceRow,
    Curve,
    CurvePoint,
    Discontinuity,
    Exhibit,
    Gap,
    Histogram,
    Paths,
    Placebos,
    SpecificationCurve,
    Weights,
)
from impact_pipeline.reports.exhibit_charts import exhibit_figure
from impact_pipeline_tests.reports.examples import HOSTILE

POINTS = tuple(CurvePoint(str(n), float(n), n / 2, n / 2 - 1, n / 2 + 1) for n in range(-3, 4))
YEARS = ("1987", "1988", "1989", "1990")
HUNDRED = tuple(CurvePoint(str(n), n, n, None, None) for n in range(100))
LINES = (((-2, 39.0), (0, 41.0)), ((0, 47.0), (2, 49.0)))
CHOSEN = (
    Alternative((("errors", "CR1"),), 1.0, 0.5, 1.5, is_main=True),
    Alternative((("errors", "HC1"),), None, None, None, refused="no"),
)
EXHIBITS: tuple[tuple[Exhibit, int], ...] = (
    (Curve("events", "Effect by time", "quarters since the change", POINTS, starts=-0.5), 7),
    (Curve("cumulated", "Cumulated effect", "day", HUNDRED), 100),
    (Paths("paths", "California", YEARS, (9.0, 8.0, 6.0, 5.0), (9.0, 8.1, 7.9, 7.8), 2, (9.0,) * 4, (9.5,) * 4), 8),
    (Placebos("gaps", "Gaps", YEARS, 2, (Gap("CA", (0.0, 0.1, -2.0, -3.0), True), Gap("UT", (0.2,) * 4, False))), 8),
    (Balance("balance", "Balance", (BalanceRow("age", -0.4, 0.02), BalanceRow("income", 0.3, None))), 3),
    (Discontinuity("rd", "Vote", "margin", 0.0, ((-1, 40.0), (1, 48.0)), *LINES), 2),
    (Histogram("scores", "Scores", "score", (0.0, 0.5, 1.0), (("treated", (0.4, 0.6)), ("untreated", (0.7, 0.3)))), 4),
    (SpecificationCurve("spec", "Alternatives", CHOSEN), 1),
    (Weights("donors", "Donors", (("Utah", 0.6), ("Nevada", 0.4), ("Ohio", 0.0))), 2),
)
BY_KIND = pytest.mark.parametrize(("exhibit", "points"), EXHIBITS, ids=[exhibit.name for exhibit, _ in EXHIBITS])


@BY_KIND
def test_an_exhibit_is_drawn_with_all_its_points(exhibit: Exhibit, points: int) -> None:
    figure = exhibit_figure("exhibit-1", exhibit)
    assert figure is not None
    assert figure.points == points
    assert figure.svg().startswith("<svg")
    assert exhibit.title in figure.svg()


def test_years_have_no_thousands() -> None:
    years = tuple(CurvePoint(str(y), float(y), 0.0, -1.0, 1.0) for y in range(1988, 1996))
    figure = exhibit_figure("exhibit-1", Curve("gaps", "Gaps", "year", years))
    assert figure is not None
    assert "1,9" not in figure.svg()


@pytest.mark.parametrize(
    "empty",
    [
        Curve("a", "A", "x", ()), Placebos("a", "A", YEARS, 2, ()), Balance("a", "A", ()),
        Weights("a", "A", (("x", 0.0),)), Discontinuity("a", "A", "x", 0.0, (), (), ()),
        SpecificationCurve("a", "A", ()), Histogram("a", "A", "x", (0.0,), ()),
    ],
)  # fmt: skip
def test_nothing_to_draw_is_no_picture(empty: Exhibit) -> None:
    assert exhibit_figure("exhibit-1", empty) is None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    for exhibit in (
        Weights("donors", name, ((name, 0.7), ("b", 0.3))),
        Paths("paths", name, (name, "2"), (1.0, 2.0), (1.0, 1.0), 1),
        Balance("balance", name, (BalanceRow(name, 0.5, 0.1),)),
        SpecificationCurve("spec", name, (Alternative(((name, name),), 1.0, 0.0, 2.0),)),
    ):
        figure = exhibit_figure("exhibit-1", exhibit)
        assert figure is not None
        drawn = str(figure.svg())
        assert "<script" not in drawn
        assert "<img" not in drawn
        assert "\x1b" not in drawn
