"""A causal study's detail while it is blinded."""

from __future__ import annotations

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
from impact_pipeline.estimators.causal.detail import Attempt, CausalDetail, NamedEffect, NamedNumber, ShownExhibit
from impact_pipeline.reports.blinded_detail import before_the_change, told_detail

POINTS = tuple(CurvePoint(str(n), float(n), n / 10, None, None) for n in (-2, -1, 0, 1))
BALANCE = Balance("balance", "Balance", (BalanceRow("age", 0.3, 0.1),))
WEIGHTS = Weights("donors", "Donors", (("utah", 0.4),))
SCORES = Histogram("scores", "Scores", "score", (0.0, 1.0), (("treated", (3.0,)),))
STANDS = "Every check passed, or could not be asked."


def curve(starts: float | None) -> Curve:
    return Curve("event_study", "Effect", "periods", POINTS, starts)


def test_a_curve_ends_where_the_change_begins() -> None:
    shown = before_the_change(curve(0.0))
    assert isinstance(shown, Curve)
    assert [point.position for point in shown.points] == [-2.0, -1.0]


def test_paths_end_there_too() -> None:
    paths = Paths(
        "paths", "Paths", ("a", "b", "c"), (1.0, 2.0, 9.0), (1.0, 2.0, 3.0), 2, (0.5, 1.5, 2.5), (2.0, 3.0, 4.0)
    )
    assert before_the_change(paths) == Paths("paths", "Paths", ("a", "b"), (1.0, 2.0), (1.0, 2.0), 2)


def test_pictures_that_no_effect_enters_stay() -> None:
    assert [before_the_change(one) for one in (BALANCE, WEIGHTS, SCORES)] == [BALANCE, WEIGHTS, SCORES]


def test_pictures_of_effects_go() -> None:
    effects: list[Exhibit] = [
        curve(None),
        curve(-2.0),
        Paths("paths", "Paths", ("a",), (9.0,), (3.0,), 0),
        Placebos("placebos", "Gaps", ("a", "b"), 1, (Gap("utah", (0.0, 9.0), True),)),
        Discontinuity("jump", "Jump", "score", 0.0, ((-1.0, 1.0), (1.0, 9.0)), (), ()),
        Histogram("placebo_units", "Effects", "effect", (0.0, 1.0), (("dealt", (3.0,)),), mark=0.9),
        SpecificationCurve("specifications", "Effect", (Alternative((("c", "d"),), 0.9, 0.1, 1.0),)),
    ]
    assert [before_the_change(one) for one in effects] == [None] * len(effects)


def test_designs_that_were_asked_stay_without_their_numbers() -> None:
    failed = Attempt("orders", "panel", "twfe", "D", False, False, "Pre-trends: 0.9 (p = 0.01).", 0.9, 0.8, 1.0)
    stood = Attempt("orders", "series", "its", "C", True, True, STANDS, 0.7, 0.6, 0.8)
    whole = CausalDetail(
        (failed, stood), (NamedEffect("orders", "main", 0.7),), (NamedNumber("orders", "slope", 0.7),),
        (ShownExhibit("orders", BALANCE), ShownExhibit("orders", curve(None))),
    )  # fmt: skip
    told = told_detail(whole)
    refused = "It was refused, or a check failed: the findings say which."
    assert told.attempts == (
        Attempt("orders", "panel", "twfe", "D", False, False, refused, None, None, None),
        Attempt("orders", "series", "its", "C", True, True, STANDS, None, None, None),
    )
    assert (told.effects, told.numbers) == ((), ())
    assert told.exhibits == (ShownExhibit("orders", BALANCE),)
