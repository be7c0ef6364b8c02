from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Discontinuity
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.estimators.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.analysis.commands import DATA
from impact_pipeline_tests.diagnostics.causal.cut_off import design
from impact_pipeline_tests.stats.discontinuity.drawn import drawn, quietly, senate

PRINTED = 1e-4
SAME_RULE = 1e-4
"""Bandwidths agree with rdrobust's to 1e-5; so do numbers made with them, up to a factor."""


UNIFORM = {"kernel": "uni", "bwselect": "cerrd", "vce": "hc2"}


def asked(section: CrossSection, *, alpha: float = 0.05, **settings: Any) -> Effects:
    asked_for = design(**settings)
    estimator = causal_estimator(asked_for)
    assert isinstance(estimator, RegressionDiscontinuity)
    return estimator.effects(Question(section, asked_for, alpha=alpha))


def effect(found: Effect | Refusal) -> Effect:
    assert isinstance(found, Effect), found
    return found


def elections() -> CrossSection:
    return CrossSection(senate().outcome, senate().treatment, score=senate().score)


def sample(*, fuzzy: bool = False) -> CrossSection:
    draw = drawn()
    treated = draw.treatment if fuzzy else (draw.score >= 0) * 1.0
    named = {f"x{place}": values for place, values in enumerate(draw.covariates)}
    return CrossSection(draw.outcome, treated, named, score=draw.score, cluster=draw.cluster)


def house(outcome: str, treatment: str, score: str, window: float) -> Effects:
    rows = pd.read_csv(DATA / "rd_lmb.csv")
    clusters = np.unique(rows["id"].to_numpy(), return_inverse=True)[1]
    section = CrossSection(
        rows[outcome].to_numpy(float), rows[treatment].to_numpy(float), score=rows[score].to_numpy(), cluster=clusters
    )
    return asked(section, cutoff=0.5, method="window", window=window, errors="cluster")


def test_published_senate_elections() -> None:
    """Calonico, Cattaneo, Farrell, Titiunik (2017): 7.4141 (1.4587), robust [4.0937, 10.9193], h 17.754, b 28.028."""
    found = asked(elections())
    main = effect(found.main)
    assert (main.value, main.lower, main.upper) == pytest.approx((7.4141, 4.0937, 10.9193), abs=PRINTED)
    assert effect(found.others["conventional"]).std_error == pytest.approx(1.4587, abs=PRINTED)
    assert effect(found.others["bias-corrected"]).value == pytest.approx(7.5065, abs=PRINTED)
    assert effect(found.others["robust"]).std_error == main.std_error == pytest.approx(1.7413, abs=PRINTED)
    assert found.numbers["bandwidth left"] == pytest.approx(17.754, abs=5e-4)
    assert found.numbers["bias bandwidth right"] == pytest.approx(28.028, abs=5e-4)
    assert found.counts == {"left": 360, "right": 323}
    assert main.treated is not None
    assert main.untreated is not None
    assert main.treated - main.untreated == pytest.approx(main.value)


def test_published_house_elections() -> None:
    """Lee, Moretti, Butler (2004), table 1: 21.2 (1.9), 47.6 (1.3), 0.48 (0.02)."""
    later, elected = (
        house("score", "lagdemocrat", "lagdemvoteshare", 0.02),
        house("score", "democrat", "demvoteshare", 0.6),
    )
    won = house("democrat", "lagdemocrat", "lagdemvoteshare", 0.02)
    assert effect(later.main).value == pytest.approx(21.2839, abs=PRINTED)
    assert effect(later.main).std_error == pytest.approx(1.9512, abs=PRINTED)
    assert (effect(elected.main).value, effect(elected.main).std_error) == pytest.approx((47.6, 1.3), abs=0.15)
    assert (effect(won.main).value, effect(won.main).std_error) == pytest.approx((0.48, 0.02), abs=0.01)
    assert later.counts == {"untreated": 455, "treated": 460}


@pytest.mark.parametrize(
    ("settings", "oracle"),
    [
        ({"kernel": "epanechnikov", "order": 2}, {"kernel": "epa", "p": 2, "q": 3}),
        ({"kernel": "uniform", "bandwidth": "cerrd", "errors": "HC2"}, UNIFORM),
        ({"bandwidth": "msetwo", "neighbours": 5}, {"bwselect": "msetwo", "nnmatch": 5}),
        ({"bandwidth": "certwo", "order": 0}, {"bwselect": "certwo", "p": 0, "q": 1}),
        ({"bandwidth": [0.7, 0.9], "bias_bandwidth": 1.2, "errors": "HC3"}, {"h": [0.7, 0.9], "b": 1.2, "vce": "hc3"}),
        ({"bandwidth": 0.8}, {"h": 0.8}),
        ({"bandwidth": "msecomb2", "order": 3}, {"bwselect": "msecomb2", "p": 3, "q": 4}),
        ({"errors": "cluster_by_side"}, {"cluster": True, "vce": "cr1"}),
        ({"adjust": True}, {"covs": True}),
        ({"fuzzy": True}, {"fuzzy": True}),
        ({"fuzzy": True, "adjust": True, "bandwidth": 1.0}, {"fuzzy": True, "covs": True, "h": 1.0}),
        ({"fuzzy": True, "bandwidth_for": "outcome"}, {"fuzzy": True, "sharpbw": True}),
    ],
)  # fmt: skip
def test_main_and_others_agree_with_rdrobust(settings: dict[str, Any], oracle: dict[str, Any]) -> None:
    from rdrobust import rdrobust

    draw, section = drawn(), sample(fuzzy="fuzzy" in settings)
    given = {"cluster": draw.cluster, "covs": draw.covariates.T, "fuzzy": draw.treatment}
    told = quietly(
        rdrobust,
        draw.outcome,
        draw.score,
        **{k: given[k] if v is True and k in given else v for k, v in oracle.items()},
    )
    found = asked(section, **settings)
    main = effect(found.main)
    assert (main.value, main.lower, main.upper) == pytest.approx(
        (told.coef.iloc[0, 0], told.ci.iloc[2, 0], told.ci.iloc[2, 1]), rel=SAME_RULE, abs=1e-5
    )
    assert main.p_value == pytest.approx(told.pv.iloc[2, 0], rel=1e-3)
    for name, place in (("conventional", 0), ("bias-corrected", 1), ("robust", 2)):
        one = effect(found.others[name])
        assert (one.value, one.std_error) == pytest.approx(
            (told.coef.iloc[place, 0], told.se.iloc[place, 0]), rel=SAME_RULE
        )
    if "fuzzy" in settings:
        step = effect(found.others["first stage"])
        assert (step.value, step.std_error) == pytest.approx(
            (told.tau_T.iloc[0, 0], told.se_T.iloc[2, 0]), rel=SAME_RULE
        )


@pytest.mark.parametrize(("treated", "sign"), [("at_or_above", 1), ("above", 1), ("at_or_below", -1), ("below", -1)])
def test_the_treated_side_may_be_either(treated: str, sign: int) -> None:
    section = elections()
    assert section.score is not None
    score = sign * section.score
    found = asked(replace(section, score=score + 7), treated=treated, cutoff=7.0)
    main = effect(found.main)
    assert (main.value, main.lower) == pytest.approx((7.4141, 4.0937), abs=PRINTED)
    assert found.counts == ({"left": 360, "right": 323} if sign == 1 else {"left": 323, "right": 360})
    (picture,) = found.exhibits
    assert isinstance(picture, Discontinuity)
    treated_line = picture.right if sign == 1 else picture.left
    at_cutoff = min(treated_line, key=lambda point: abs(point[0] - 7))[1]
    assert at_cutoff == pytest.approx(main.treated)


def test_units_at_the_cutoff_go_where_the_design_says() -> None:
    score = np.round(drawn().score, 1)
    outcome = drawn().outcome + 100.0 * (score == 0)
    at, beyond = (
        asked(CrossSection(outcome, rule.astype(float), score=score), treated=name, bandwidth=1.5)
        for name, rule in (("at_or_above", score >= 0), ("above", score > 0))
    )
    assert effect(at.main).value > 5
    assert effect(beyond.main).value < -5


def test_the_picture_shows_bins_and_lines_that_end_at_the_bandwidth() -> None:
    found = asked(elections())
    (picture,) = found.exhibits
    assert isinstance(picture, Discontinuity)
    width = found.numbers["bandwidth left"]
    assert (picture.left[0][0], picture.left[-1][0]) == pytest.approx((-width, 0.0))
    assert (picture.right[0][0], picture.right[-1][0]) == pytest.approx((0.0, width))
    assert picture.right[0][1] - picture.left[-1][1] == pytest.approx(effect(found.main).value)
    positions = [at for at, _ in picture.bins]
    assert positions == sorted(positions)
    assert -2 * width <= positions[0] < 0 < positions[-1] <= 2 * width
    assert all(type(number) is float for point in (*picture.bins, *picture.left) for number in point)


def test_a_donut_leaves_out_the_nearest_units() -> None:
    section = sample()
    assert section.score is not None
    kept = section.keep(np.abs(section.score) >= 0.1)
    assert effect(asked(section, donut=0.1).main) == effect(asked(kept).main)


def test_the_interval_is_of_the_level_asked_for() -> None:
    wide, narrow = (effect(asked(elections(), alpha=alpha).main) for alpha in (0.01, 0.1))
    assert wide.upper - wide.lower == pytest.approx(2 * 2.5758293 * 1.7412585, rel=1e-5)
    assert wide.p_value == narrow.p_value


def test_few_clusters_are_told() -> None:
    section = replace(sample(), cluster=drawn().cluster % 12)
    (note,) = asked(section, errors="cluster").notes
    assert "12 clusters near the cut-off; below 30 they come out small" in note


def test_a_value_outside_its_interval_is_told() -> None:
    score = np.linspace(-1, 1, 4001)
    noise = 0.01 * np.random.default_rng(0).normal(size=4001)
    section = CrossSection(np.sign(score) * 3 * score**2 + noise, (score >= 0) * 1.0, score=score)
    found = asked(section, bandwidth=0.8)
    assert "outside the robust interval" in found.notes[0]


def test_a_fuzzy_window_tells_its_stages() -> None:
    found = asked(sample(fuzzy=True), fuzzy=True, method="window", window=0.5, errors="HC1")
    ratio = effect(found.others["reduced form"]).value / effect(found.others["first stage"]).value
    main = effect(found.main)
    assert main.value == pytest.approx(ratio)
    assert (main.estimand, main.method) == ("LATE at the cut-off", "difference in means within 0.5, HC1")
    assert found.numbers["first stage F"] > 10


SECTION = sample()
SCORE = drawn().score
TWICE = {"a": SECTION.covariates["x0"], "b": 2 * SECTION.covariates["x0"]}


@pytest.mark.parametrize(
    ("section", "settings", "reason", "told"),
    [
        (replace(SECTION, score=None), {}, "not_identified", "name the running variable"),
        (replace(SECTION, score=np.where(SCORE > 1, np.nan, SCORE)), {}, "measure_undefined", "no finite number"),
        (replace(SECTION, outcome=np.ones(1500)), {}, "zero_variance", "does not vary"),
        (SECTION, {"cutoff": 0.5}, "not_identified", "not treated as the cut-off says"),
        (SECTION, {"treated": "below"}, "not_identified", "set `fuzzy: true`"),
        (replace(SECTION, cluster=None), {"errors": "cluster"}, "too_few_clusters", "name `sample.cluster`"),
        (
            replace(SECTION, treatment=drawn(3).cluster % 2 * 1.0),
            {"fuzzy": True},
            "not_identified",
            "treatment jumps by",
        ),
        (replace(SECTION, treatment=np.ones(1500)), {"fuzzy": True}, "not_identified", "treatment jumps by"),
        (SECTION.keep(np.arange(1500) < 12), {}, "too_few_units", "each side needs"),
        (SECTION, {"bandwidth": 0.01}, "too_few_units", "units lie within 0.01"),
        (SECTION.keep(SCORE > -0.01), {}, "too_few_units", "below the cut-off"),
        (replace(SECTION, covariates=TWICE), {"adjust": True}, "collinear", "'b' is a combination"),
        (SECTION.keep(SCORE > 0), {"method": "window", "window": 0.5}, "too_few_units", "the window holds 0 units"),
    ],
)
def test_what_cannot_be_estimated_is_refused(
    section: CrossSection, settings: dict[str, Any], reason: str, told: str
) -> None:
    found = asked(section, **settings)
    assert isinstance(found.main, Refusal)
    assert found.main.reason == reason
    assert told in found.main.detail


def test_equal_on_repeat() -> None:
    assert asked(sample()).main == asked(sample()).main
