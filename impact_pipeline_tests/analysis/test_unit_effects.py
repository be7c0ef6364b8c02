"""Effects of single units through the command: the ACIC truth, planted experiments, the file, every refusal."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import Result

from impact_pipeline.errors import InputError
from impact_pipeline_tests.analysis.commands import DATA, analyze

TRUE_ATE = 2.1281
"""Mean of `mu1 - mu0`: ACIC 2016 challenge, Dorie, Hill, Shalit, Scott, Cervone (2019), Statistical Science 34."""
MOST_ERROR, MOST_PEHE_RATIO, LEAST_CORRELATION = 0.45, 0.9, 0.5
"""Of the average, where the naive error is 1.45; and of effects by unit, where one even effect has a ratio of 1."""

EXPERIMENT = """
apiVersion: impact-analysis/v1
design: {type: randomized, arm: arm, control: old, shares: {old: 0.5, new: 0.5}}
unit_effects: {learner: linear}
metrics:
  - {name: revenue, type: mean, value: revenue, covariates: [age, orders]}
  - {name: buys, type: proportion, value: revenue > 2, covariates: [age, orders]}
"""


def experiment(n: int = 1200, effect: float = 1.0, seed: int = 0, *, mean: float = 0.5) -> pd.DataFrame:
    """An even experiment whose effect on revenue is `mean + effect x age`; that on who buys then differs by orders."""
    rng = np.random.default_rng([91, seed])
    age, orders = rng.normal(size=(2, n))
    new = rng.permutation(np.arange(n) % 2)
    revenue = 1 + orders + new * (mean + effect * age) + rng.normal(size=n)
    arm = np.where(new == 1, "new", "old")
    return pd.DataFrame({"arm": arm, "revenue": revenue, "age": age, "orders": orders, "site": np.arange(n) // 10})


def run(folder: Path, frame: pd.DataFrame, text: str = EXPERIMENT, *arguments: str) -> Result:
    frame.to_csv(folder / "rows.csv", index=False)
    (folder / "asked.yaml").write_text(text)
    return analyze(folder / "asked.yaml", "--data", str(folder / "rows.csv"), *arguments)


def answer(found: Result) -> Any:
    assert found.exit_code == 0, found.exception
    return json.loads(found.stdout)


@cache
def acic(folder: Path) -> tuple[Any, pd.DataFrame]:
    target = folder / "units.csv"
    found = answer(analyze(DATA / "hte_acic.yaml", "--json", "--unit-effects", str(target)))
    return found, pd.read_csv(target)


@pytest.fixture(scope="module")
def acic_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("acic")


def test_effects_by_unit_of_the_acic_challenge_are_near_its_truth(acic_folder: Path) -> None:
    found, units = acic(acic_folder)
    truth = pd.read_csv(DATA / "hte_acic_truth.csv")["tau"].to_numpy()
    assert truth.mean() == pytest.approx(TRUE_ATE, abs=1e-4)
    assert abs(found["effects"][0]["value"] - truth.mean()) < MOST_ERROR
    assert units["row"].tolist() == list(range(1, len(truth) + 1))
    error = np.sqrt(np.mean((units["effect"] - truth) ** 2))
    assert error / truth.std() < MOST_PEHE_RATIO
    assert np.corrcoef(units["effect"], truth)[0, 1] > LEAST_CORRELATION
    assert set(units["label"]) == {"exploratory"}


def test_a_sample_without_overlap_is_of_grade_d_and_its_unit_effects_exploratory(acic_folder: Path) -> None:
    found, _ = acic(acic_folder)
    assert found["grade"] == "D"
    (reading,) = found["unit_effects"]
    assert reading["label"] == "exploratory"
    assert reading["adjusted_p_value"] == reading["p_value"] < 0.001
    assert reading["importances"][0]["covariate"] == "x_8"


def test_planted_effects_of_an_experiment_are_found(tmp_path: Path) -> None:
    frame, target = experiment(), tmp_path / "units.parquet"
    found = answer(run(tmp_path, frame, EXPERIMENT, "--json", "--unit-effects", str(target)))
    reading = next(own for own in found["unit_effects"] if own["metric"] == "revenue")
    assert reading["p_value"] < 0.001
    assert reading["slope"] == pytest.approx(1, abs=0.25)
    assert reading["groups"][0]["interval"]["upper"] < reading["groups"][4]["interval"]["lower"]
    assert reading["importances"][0]["covariate"] == "age"
    assert reading["targeting"] > 0
    units = pd.read_parquet(target).query("metric == 'revenue'")
    assert units["row"].tolist() == list(range(1, len(frame) + 1))
    assert np.corrcoef(units["effect"], 0.5 + frame["age"])[0, 1] > 0.9
    assert units.groupby("group")["effect"].mean().is_monotonic_increasing
    assert units["group"].value_counts().tolist() == [240] * 5


def test_the_same_again_on_any_number_of_threads(tmp_path: Path) -> None:
    text = EXPERIMENT.replace("learner: linear", "learner: boosted_trees")
    one, two = (answer(run(tmp_path, experiment(600), text, "--json", "--threads", t)) for t in ("1", "2"))
    assert one["unit_effects"] == two["unit_effects"]


def test_an_even_effect_is_told_as_no_difference(tmp_path: Path) -> None:
    found = run(tmp_path, experiment(effect=0.0))
    assert found.exit_code == 0
    told = " ".join(found.stdout.split())
    assert "Do effects differ between units? (exploratory)" in told
    assert "effects of units, revenue, new: no difference between units is told from chance" in told


def claimed(folder: Path, text: str, n: int, draws: int) -> float:
    """The share of experiments without any effect in which some metric's units are told to differ, at 5 %."""
    rejected = 0
    for seed in range(draws):
        found = answer(run(folder, experiment(n, 0.0, seed, mean=0.0), text, "--json"))
        rejected += min(own["adjusted_p_value"] for own in found["unit_effects"]) <= 0.05
    return rejected / draws


def test_no_difference_is_claimed_more_often_than_stated(tmp_path: Path) -> None:
    draws = 20
    assert claimed(tmp_path, EXPERIMENT, 300, draws) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "draws"), [("learner: linear", 400), ("learner: boosted_trees", 200), ("method: causal_forest", 60)]
)
def test_no_difference_is_claimed_more_often_than_stated_in_many_draws(tmp_path: Path, method: str, draws: int) -> None:
    share = claimed(tmp_path, EXPERIMENT.replace("learner: linear", method), 500, draws)
    print(f"{method}: a difference between units claimed in {share:.3f} of {draws} experiments without one")  # noqa: T201
    assert share <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


def test_a_causal_forest_finds_them_with_errors(tmp_path: Path) -> None:
    text = EXPERIMENT.replace("learner: linear", "method: causal_forest, learner: linear, folds: 3")
    frame, target = experiment(600), tmp_path / "units.csv"
    found = answer(run(tmp_path, frame, text, "--json", "--unit-effects", str(target)))
    assert {own["method"] for own in found["unit_effects"]} == {"causal_forest"}
    units = pd.read_csv(target).query("metric == 'revenue'")
    assert np.corrcoef(units["effect"], frame["age"])[0, 1] > 0.7
    assert (units["std_error"] > 0).all()


def test_dropped_rows_and_other_arms_have_no_effect(tmp_path: Path) -> None:
    frame = experiment(900)
    frame.loc[3, "revenue"] = np.nan
    frame.loc[::3, "arm"] = "other"
    text = EXPERIMENT.replace("{old: 0.5, new: 0.5}", "{old: 0.4, new: 0.4, other: 0.2}")
    text = text.replace("value: revenue,", "value: revenue, missing: drop,")
    text = text[: text.index("  - {name: buys")]
    target = tmp_path / "units.csv"
    answer(run(tmp_path, frame, text, "--json", "--unit-effects", str(target)))
    units = pd.read_csv(target).query("treatment == 'new'")
    expected = np.flatnonzero(frame["arm"].isin(["old", "new"]) & frame["revenue"].notna()) + 1
    assert units["row"].tolist() == expected.tolist()


def test_strata_of_other_shares_do_not_confound(tmp_path: Path) -> None:
    """A stratum of high revenue is treated more often: by pooled shares its units would seem to gain."""
    rng = np.random.default_rng(3)
    rich = rng.random(4000) < 0.5
    new = rng.random(4000) < np.where(rich, 0.8, 0.2)
    frame = pd.DataFrame({"arm": np.where(new, "new", "old"), "revenue": 5.0 * rich + rng.normal(size=4000)})
    frame["rich"], frame["noise"] = rich.astype(int), rng.normal(size=4000)
    text = EXPERIMENT.replace(", shares: {old: 0.5, new: 0.5}", ", strata: [rich]").replace("[age, orders]", "[noise]")
    found = answer(run(tmp_path, frame, text, "--json"))
    reading = found["unit_effects"][0]
    assert abs(np.mean([group["value"] for group in reading["groups"]])) < 0.15
    assert reading["p_value"] > 0.05


def test_clusters_are_kept_together(tmp_path: Path) -> None:
    frame = experiment(1000)
    frame["arm"] = np.where(frame["site"] % 2 == 1, "new", "old")
    text = EXPERIMENT.replace("control: old,", "control: old, cluster: site,")
    found = answer(run(tmp_path, frame, text, "--json"))
    assert found["unit_effects"][0]["units"] == 1000
    assert found["unit_effects"][0]["p_value"] > 0.01


def refused(folder: Path, text: str, *arguments: str) -> str:
    found = run(folder, experiment(200), text, *arguments)
    assert isinstance(found.exception, Exception)
    return str(found.exception)


def test_a_metric_without_covariates_says_what_it_lacks(tmp_path: Path) -> None:
    text = EXPERIMENT.replace("covariates: [age, orders]", "better: higher")
    found = answer(run(tmp_path, experiment(200), text, "--json"))
    assert {own["reason"] for own in found["unit_effects"]} == {"not_identified"}
    assert "'revenue' is a mean with 0 covariates" in found["unit_effects"][0]["detail"]
    told = refused(tmp_path, text, "--unit-effects", str(tmp_path / "units.csv"))
    assert "no unit has an effect of its own" in told


def test_too_few_units_and_an_outcome_that_does_not_vary_are_told(tmp_path: Path) -> None:
    few = answer(run(tmp_path, experiment(40), EXPERIMENT, "--json"))
    assert {own["reason"] for own in few["unit_effects"]} == {"too_few_units"}
    flat = experiment(200).assign(revenue=1.0)
    assert {own["reason"] for own in answer(run(tmp_path, flat, EXPERIMENT, "--json"))["unit_effects"]} == {
        "zero_variance"
    }


def test_events_are_not_units(tmp_path: Path) -> None:
    assert "add the rows up in the file" in refused(tmp_path, EXPERIMENT + "unit: site\n")
    text = EXPERIMENT.replace("unit_effects: {learner: linear}", "unit: row_id")
    frame = experiment(200).assign(row_id=np.arange(200))
    found = run(tmp_path, frame, text, "--unit-effects", str(tmp_path / "units.csv"))
    assert "rows are events" in str(found.exception)


def test_other_designs_learn_no_effects_of_units(tmp_path: Path) -> None:
    one_sample = EXPERIMENT.replace(
        "{type: randomized, arm: arm, control: old, shares: {old: 0.5, new: 0.5}}", "{type: one_sample}"
    )
    one_sample = one_sample.replace(", covariates: [age, orders]", "")
    assert "`unit_effects` goes with a randomized design" in refused(tmp_path, one_sample)
    observational = """
apiVersion: impact-analysis/v1
design: {type: observational}
sample: {type: cross_section, treatment: "arm = 'new'", covariates: [age, orders]}
metrics: [{name: revenue, type: mean, value: revenue}]
"""
    told = refused(tmp_path, observational, "--unit-effects", str(tmp_path / "units.csv"))
    assert "estimator: cross_fitted" in told
    assert "`design.cross_fitting`" in refused(tmp_path, observational + "unit_effects: {}\n")


def test_a_file_of_another_kind_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"name a \.csv or \.parquet file"):
        raise run(tmp_path, experiment(200), EXPERIMENT, "--unit-effects", "units.xlsx").exception  # type: ignore[misc]
