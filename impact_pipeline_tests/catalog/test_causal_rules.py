"""What a causal plan may read: every fault with its place, its reason and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.issues import CatalogError
from impact_pipeline.catalog.samples import (
    CrossSectionSample,
    PanelSample,
    SeriesSample,
    metrics_beside,
    row_expressions,
)
from impact_pipeline_tests.small_shop import write_catalog
from impact_pipeline_tests.stages.causal_home import DID, PANEL, PLAIN, plan

SECTION = "{type: cross_section, treatment: new}"
SERIES = "{type: series, starts: 2026-03-08, controls: [plain]}"


def written(folder: Path, text: str) -> Catalog:
    return write_catalog(folder, fold="direct", changes={"studies/ranker_v2.yaml": text, "metrics/plain.yaml": PLAIN})


@pytest.mark.parametrize(
    "text",
    [
        plan(DID, PANEL),
        plan("{type: observational}", SECTION),
        plan("{type: interrupted_time_series}", SERIES),
        plan(DID, PANEL, more="fallback:\n  - {design: {type: synthetic_control}, cap: D}\n"),
        plan(DID, PANEL, more="negative_controls: [web_buyers]\n"),
    ],
)
def test_sound_causal_plans_are_accepted(tmp_path: Path, text: str) -> None:
    assert written(tmp_path, text).study("ranker_v2").samples


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (plan(DID, SECTION.replace("cross_section", "series")), "sample"),
        (plan("{type: synthetic_control}", SECTION), "takes a sample of type 'panel'; found 'cross_section'"),
        (plan(DID, PANEL, more="segments: {device: {type: column, column: device}}\n"), "`segments` goes with"),
        (
            plan(DID, PANEL, more="looks: {type: always_valid, planned_units: 1000}\n"),
            "`looks` goes with a randomized design",
        ),
        (plan("{type: observational}", SECTION.replace("}", ', covariates: ["age"]}')), "unknown column"),
        (plan("{type: observational}", SECTION.replace("}", ', covariates: ["device"]}')), "only compared"),
        (plan("{type: observational}", SECTION.replace("}", ', covariates: ["user_id"]}')), "identifier"),
        (
            plan("{type: observational}", SECTION.replace("}", ", cluster: shop}")),
            "dataset 'exposures' has no column 'shop'",
        ),
        (plan("{type: observational}", SECTION.replace("}", ", cluster: user_id}")), "is an identifier"),
        (plan("{type: observational}", SECTION.replace("}", ', weights: "device"}')), "only compared"),
        (plan(DID, PANEL.replace("}", ", cluster: shop}")), "dataset 'orders' has no column 'shop'"),
        (plan(DID, PANEL.replace("}", ", unit_name: shop}")), "dataset 'orders' has no column 'shop'"),
        (plan(DID, PANEL.replace("}", ", covariates: [sun]}")), "there is no metric 'sun'"),
        (plan(DID, PANEL, more="negative_controls: [sun]\n"), "there is no metric 'sun'"),
        (plan(DID, PANEL, metrics="{metric: revenue, role: success}"), "has covariates; those of a causal design"),
        (
            plan("{type: observational}", SECTION, metrics="{metric: late_revenue_per_order, role: success}"),
            "is a ratio",
        ),
        (plan(DID, PANEL.replace("}", ", first: 2026-03-09, last: 2026-03-04}")), "is not after first"),
        (plan("{type: observational}", "{type: cross_section, treatment: new, dose: 1 + 1}"), "one of the two"),
        (plan(DID, PANEL, more=f"fallback:\n  - {{design: {{type: observational}}, sample: {SECTION}}}\n"), "one kind"),
    ],
)
def test_faults_are_told_with_their_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CatalogError) as caught:
        written(tmp_path, text)
    issues = [str(issue) for issue in caught.value.issues]
    assert any(told in issue and issue.startswith("studies/ranker_v2.yaml:") for issue in issues), issues


def test_a_randomised_plan_has_no_sample(tmp_path: Path) -> None:
    randomised = plan("{type: randomized, arms: {control: 0.5, treatment: 0.5}, control: control}", PANEL)
    with pytest.raises(CatalogError, match="go with a causal design; remove them"):
        written(tmp_path, randomised)


def test_expressions_are_named_by_their_place() -> None:
    section = CrossSectionSample(type="cross_section", dose="educ", instruments=("near",), outcome_covariates=())
    assert row_expressions(section) == {"dose": "educ", "instruments.0": "near"}
    assert row_expressions(PanelSample(type="panel", treatment="new")) == {}


def test_metrics_beside_are_covariates_weights_and_controls() -> None:
    panel = PanelSample(type="panel", treatment="new", covariates=("visits",), weights="people")
    series = SeriesSample.model_validate({"type": "series", "starts": "2026-03-01", "controls": ("sun",)})
    assert (metrics_beside(panel), metrics_beside(series)) == (("visits", "people"), ("sun",))
