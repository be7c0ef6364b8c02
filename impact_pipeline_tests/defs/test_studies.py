"""A batch of studies in one run: those that fail are recorded as failed, alone; the others are done."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.defs.partitions import AS_OF_TAG, contiguous, range_tags, study_keys
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import STAGES
from impact_pipeline_tests.small_shop import document
from impact_pipeline_tests.stages.small_workspace import opened, with_data

COPIES = 6
BROKEN, FAULTY = "copy_2", "copy_4"


def prepared(home: Path) -> None:
    """Copies of a study: one whose results cannot be written, one whose plan has a fault."""
    workspace = with_data(opened(home))
    plan = document("studies/ranker_v2.yaml")
    for number in range(COPIES):
        text = plan.replace("name: ranker_v2", f"name: copy_{number}")
        text = text.replace("entity: user", "entity: nobody") if f"copy_{number}" == FAULTY else text
        (home / "catalog" / "studies" / f"copy_{number}.yaml").write_text(text)
    blocked = workspace.lake.results.root / BROKEN
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file where a folder should be")


def run(home: Path, instance: dg.DagsterInstance, names: tuple[str, ...]) -> bool:
    job = definitions_of(home).resolve_job_def("studies")
    keys = study_keys(read_sound_part(home / "catalog"))
    results = [
        job.execute_in_process(
            instance=instance, raise_on_error=False, tags={**range_tags(*ends), AS_OF_TAG: "2026-03-08"}
        ).success
        for ends in contiguous(keys, names)
    ]
    return all(results)


def status(home: Path, instance: dg.DagsterInstance, stage: str) -> tuple[set[str], set[str]]:
    """Materialized and failed partitions, as the UI shows them."""
    key = dg.AssetKey(["study", stage])
    partitions = definitions_of(home).resolve_assets_def(key).partitions_def
    assert partitions is not None
    cached = get_and_update_asset_status_cache_value(instance, key, partitions)
    assert cached is not None
    done = cached.deserialize_materialized_partition_subsets(partitions)
    failed = cached.deserialize_failed_partition_subsets(partitions)
    return set(done.get_partition_keys()), set(failed.get_partition_keys())


def test_failed_studies_show_alone_and_are_mended_alone(tmp_path: Path) -> None:
    prepared(tmp_path)
    names = {f"copy_{number}" for number in range(COPIES)} | {"ranker_v2"}
    with dg.DagsterInstance.ephemeral() as instance:
        assert not run(tmp_path, instance, tuple(names))
        assert status(tmp_path, instance, "exposures") == (names - {FAULTY}, {FAULTY})
        assert status(tmp_path, instance, "cells") == (names - {FAULTY}, {FAULTY})
        assert status(tmp_path, instance, "findings") == (names - {BROKEN, FAULTY}, {BROKEN, FAULTY})
        assert status(tmp_path, instance, "verdict") == (names - {BROKEN, FAULTY}, {BROKEN, FAULTY})
        standing = {(f.asset, f.partition) for f in Lake(tmp_path).failures.all()}
        assert standing == {("study/findings", BROKEN), ("study/exposures", FAULTY)}

        (Lake(tmp_path).results.root / BROKEN).unlink()
        plan = document("studies/ranker_v2.yaml").replace("name: ranker_v2", f"name: {FAULTY}")
        (tmp_path / "catalog" / "studies" / f"{FAULTY}.yaml").write_text(plan)
        assert run(tmp_path, instance, (BROKEN, FAULTY))
        assert all(status(tmp_path, instance, stage) == (names, set()) for stage in STAGES)
        assert Lake(tmp_path).failures.all() == ()


def test_every_materialization_of_a_study_says_what_it_was_made_from(tmp_path: Path) -> None:
    with_data(opened(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(tmp_path, instance, ("ranker_v2",))
        for stage in STAGES:
            event = instance.get_latest_materialization_event(dg.AssetKey(["study", stage]))
            assert event is not None
            materialization = event.asset_materialization
            assert materialization is not None
            assert materialization.partition == "ranker_v2"
            recorded = set(materialization.metadata)
            assert {"dagster/row_count", "impact/data_version", "impact/code_version", "impact/as_of"} <= recorded
            assert {"impact/upstream_versions", "impact/seconds"} <= recorded
            assert (stage in ("exposures", "cells")) is ("dagster/column_lineage" in recorded)
        assert {"impact/summary", "impact/picture", "impact/verdict", "impact/plan_digest"} <= recorded
