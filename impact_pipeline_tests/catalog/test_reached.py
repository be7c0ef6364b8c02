"""Documents kept with a result make the same study again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline.catalog.reached import catalog_of, documents_behind
from impact_pipeline_tests.small_shop import document, write_catalog

BUNDLED = Path(__file__).parents[2] / "data" / "catalog"


def test_what_a_study_rests_on_is_kept_and_nothing_else(tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path, changes={"metrics/unused.yaml": document("metrics/price.yaml").replace(
        "name: price", "name: unused")})  # fmt: skip
    kept = documents_behind(catalog.study("ranker_v2"))
    assert sorted(kept) == [
        "contract exposures", "contract orders", "contract profiles", "fact orders", "feature country",
        "feature revenue_before", "metric late_revenue_per_order", "metric price", "metric revenue",
        "metric web_buyers", "model ranker", "source shop", "study ranker_v2",
    ]  # fmt: skip


def test_faults_of_a_broken_metric_are_kept(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    path = tmp_path / "metrics" / "price.yaml"
    path.write_text(path.read_text().replace("measure: price", "measure: prize"))
    study = read_sound_part(tmp_path).study("ranker_v2")
    again = catalog_of(json.loads(json.dumps(documents_behind(study)))).study("ranker_v2")
    assert again.broken_metrics == study.broken_metrics
    assert "has no measure 'prize'" in again.broken_metrics["price"]


@pytest.mark.parametrize("name", sorted(read_catalog(BUNDLED).plans))
def test_every_bundled_study_is_made_again_from_its_documents(name: str) -> None:
    study = read_catalog(BUNDLED).study(name)
    again = catalog_of(json.loads(json.dumps(documents_behind(study)))).study(name)
    assert digest(again.plan) == digest(study.plan)
    assert [digest(metric) for metric in again.metrics] == [digest(metric) for metric in study.metrics]
    assert again.datasets == study.datasets
    assert [digest(one) for one in again.facts] == [digest(one) for one in study.facts]
    assert [digest(one) for one in again.covariates] == [digest(one) for one in study.covariates]
    assert again.planned_look == study.planned_look
    assert documents_behind(again) == documents_behind(study)
