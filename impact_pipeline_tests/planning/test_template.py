"""The first document of a plan is sound, but for the columns that only its author can name."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from impact_pipeline.catalog.causal.designs import AnyCausalDesign
from impact_pipeline.catalog.designs import AnyRandomisedDesign
from impact_pipeline.catalog.load import document_adapter, read_catalog, read_sound_part
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.catalog.strict_yaml import parse
from impact_pipeline.errors import InputError
from impact_pipeline.planning.template import DESIGNS, template
from impact_pipeline_tests.catalog.test_schemas import BUNDLED
from impact_pipeline_tests.small_shop import document, write_catalog

STARTS = date(2026, 4, 6)
CATALOG = read_catalog(BUNDLED)


def written(design: str, area: str = "search") -> EvaluationPlan:
    text = template(CATALOG, "ranker_v8", design=design, area=area, starts=STARTS)
    found: EvaluationPlan = document_adapter("study").validate_json(json.dumps(parse(text).value), strict=True)
    return found


def test_every_design_has_a_template() -> None:
    types = [*get_args(AnyRandomisedDesign), *get_args(AnyCausalDesign)]
    assert set(DESIGNS) == {get_args(one.model_fields["type"].annotation)[0] for one in types}


@pytest.mark.parametrize("design", DESIGNS)
def test_a_template_is_a_plan_of_its_design(design: str) -> None:
    plan = written(design)
    assert (plan.name, plan.design.type, plan.starts) == ("ranker_v8", design, STARTS)
    assert (plan.ends - plan.starts).days == 13


def test_an_area_gives_its_model_contacts_and_metrics() -> None:
    plan = written("randomized")
    assert (plan.change.model, plan.owner) == ("search_ranker", "team:search")
    assert plan.exposure.filter == "study = 'ranker_v8'"
    uses = {use.name: use.role for use in plan.metrics}
    assert uses["orders_per_user"] == "success"
    assert uses["tickets_per_user"] == "guardrail"
    assert all(getattr(use, "expected", None) is None for use in plan.metrics)
    assert written("randomized", "checkout").change.model == "checkout_ranker"


def test_a_template_in_a_catalog_is_sound(tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    catalog = write_catalog(root)
    text = template(catalog, "ranker_v3", design="staged_rollout", area="search", starts=STARTS)
    (root / "studies" / "ranker_v3.yaml").write_text(text)
    assert read_sound_part(root).broken == {}


def test_an_area_without_plans_begins_with_a_metric(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path / "catalog")
    (tmp_path / "catalog" / "studies" / "ranker_v2.yaml").unlink()
    bare = read_sound_part(tmp_path / "catalog")
    text = template(bare, "ranker_v3", design="randomized", area="search", starts=STARTS)
    assert parse(text).value["metrics"] == [{"role": "success", "metric": next(iter(catalog.metrics))}]


@pytest.mark.parametrize(
    ("name", "design", "area", "told"),
    [
        ("ranker_v7", "randomized", "search", "'ranker_v7' is taken by another plan; choose another"),
        ("../x", "randomized", "search", r"'\.\./x' is no name: small letters, digits, underscores; choose another"),
        ("new_one", "ab_test", "search", "--design 'ab_test' is not known; designs are randomized, cluster_randomized"),
        ("new_one", "holdout", "moon", "--area 'moon' has no model; areas are checkout, fashion shop"),
    ],
)
def test_what_is_not_known_is_refused(name: str, design: str, area: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        template(CATALOG, name, design=design, area=area, starts=STARTS)


def test_a_catalog_without_metrics_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ranker.yaml").write_text(document("models/ranker.yaml"))
    with pytest.raises(InputError, match="the catalog has no metric yet"):
        template(read_sound_part(tmp_path), "first", design="randomized", area="search", starts=STARTS)
