"""Jobs, schedules and the sensor that redoes what is stale. Pure functions elsewhere say what is due or stale."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.feature_inputs import dataset_of
from impact_pipeline.defs.partitions import AS_OF_TAG, contiguous, range_tags, study_keys
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.stages.staleness import due_or_stale, stale_data, stale_portfolio, stale_studies

STUDIES_JOB, PORTFOLIO_JOB, CALIBRATION_JOB = "studies", "portfolio", "calibration"
NIGHT_HOUR, STUDIES_CRON, CALIBRATION_CRON = 4, "0 6 * * *", "0 1 * * *"
MOST_REQUESTS, REPAIR_SECONDS = 25, 20
CRASH_RETRIES = "2"
"""Runs whose process died are started again; a failed step is a matter for on-call."""

RUN_KEY_TAG = "dagster/run_key"

Jobs = Mapping[str, Any]


def data_job(source: str) -> str:
    return f"data_{source}"


def features_job(source: str) -> str:
    return f"features_{source}"


def job_of(catalog: Catalog, asset: str) -> str:
    """The job that makes a data asset, given as 'kind/name'."""
    kind, name = asset.split("/")
    if kind == "features":
        return features_job(catalog.source_of(dataset_of(catalog, catalog.features[name])).name)
    dataset = catalog.facts[name].dataset if kind == "unit_days" else name
    return data_job(catalog.source_of(dataset).name)


def with_publication(asset: str) -> list[str]:
    """A day asset, given as 'kind/name', and what one step publishes from it: a day fetched again is judged again."""
    kind, name = asset.split("/")
    published = [f"trusted/{name}", f"quarantine/{name}"]
    return {"raw": [asset, *published], "trusted": published, "quarantine": published}.get(kind, [asset])


def jobs_of(catalog: Catalog) -> Jobs:
    """Per source a job for its days and one for the features on them; the studies; the portfolio with its site."""
    jobs: dict[str, Any] = {}
    for name, source in catalog.sources.items():
        datasets = sorted(set(source.datasets) & set(catalog.datasets))
        folded = [f.name for f in catalog.facts.values() if f.dataset in datasets and f.fold == "unit_days"]
        keys = [[kind, dataset] for dataset in datasets for kind in ("raw", "trusted", "quarantine")]
        views = [["features", f.name] for f in catalog.features.values() if dataset_of(catalog, f) in datasets]
        jobs[data_job(name)] = _job(data_job(name), [*keys, *(["unit_days", fact] for fact in folded)])
        if views:
            jobs[features_job(name)] = _job(features_job(name), views)
    if catalog.studies:
        stages = ["exposures", "cells", "findings", "estimates", "verdict"]
        jobs[STUDIES_JOB] = _job(STUDIES_JOB, [["study", stage] for stage in stages])
        jobs[CALIBRATION_JOB] = _job(CALIBRATION_JOB, [["kpis", "calibration"]])
        jobs[PORTFOLIO_JOB] = _job(PORTFOLIO_JOB, [["kpis", "impact"], ["kpis", "portfolio"], ["reports", "site"]])
    return {name: job for name, job in jobs.items() if job is not None}


def schedules_of(catalog: Catalog, jobs: Jobs) -> list[Any]:
    """Each source's day after it has ended, then the studies due; and the full calibration."""
    data = [jobs[data_job(name)] for name in catalog.sources if data_job(name) in jobs]
    nightly = [dg.build_schedule_from_partitioned_job(job, hour_of_day=NIGHT_HOUR) for job in data]
    if STUDIES_JOB not in jobs:
        return nightly
    calibration = dg.ScheduleDefinition(
        name="calibration_full", job=jobs[CALIBRATION_JOB], cron_schedule=CALIBRATION_CRON, execution_timezone="UTC"
    )
    return [*nightly, _studies_schedule(jobs[STUDIES_JOB]), calibration]


def sensors_of(jobs: Jobs) -> list[dg.SensorDefinition]:
    """`repair`: asks, once for each distinct input, for everything that its inputs have outdated."""
    targets = [job for name, job in jobs.items()]

    @dg.sensor(
        name="repair", jobs=targets, minimum_interval_seconds=REPAIR_SECONDS,
        description="Redoes published, folded and feature days, looks, money and report whose inputs have changed.",
    )  # fmt: skip
    def repair(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> Iterator[dg.RunRequest]:
        opened = workspace.open()
        catalog, lake = opened.catalog, opened.lake
        requests = list(_data_requests(catalog, stale_data(catalog, lake)))
        requests += _study_requests(stale_studies(catalog, lake))
        requests = [request for request in requests if not _answered(context.instance, request)]
        wanted = stale_portfolio(catalog, lake)
        if wanted is not None and not requests:
            requests.append(dg.RunRequest(run_key=f"portfolio {wanted}", job_name=PORTFOLIO_JOB))
        yield from requests[:MOST_REQUESTS]

    return [repair]


def _job(name: str, keys: list[list[str]]) -> Any:
    if not keys:
        return None
    selection = dg.AssetSelection.assets(*keys)
    return dg.define_asset_job(name, selection=selection, tags={"dagster/max_retries": CRASH_RETRIES})


def _studies_schedule(job: Any) -> dg.ScheduleDefinition:
    @dg.schedule(name="studies_due", job=job, cron_schedule=STUDIES_CRON, execution_timezone="UTC")
    def studies_due_schedule(
        context: dg.ScheduleEvaluationContext, workspace: WorkspaceResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        opened = workspace.open()
        night = context.scheduled_execution_time.date() - timedelta(days=1)
        due = due_or_stale(opened.catalog, opened.lake, night)
        for first, last in contiguous(study_keys(opened.catalog), due):
            tags = {**range_tags(first, last), AS_OF_TAG: night.isoformat()}
            yield dg.RunRequest(run_key=f"{night} {first} {last}", tags=tags)
        if not due:
            yield dg.SkipReason(f"no study is due on {night}")

    return studies_due_schedule


def _answered(instance: dg.DagsterInstance, request: dg.RunRequest) -> bool:
    """Whether a run for exactly this has ended. What is stale all the same failed: on-call's to redo, not ours."""
    asked = dg.RunsFilter(tags={RUN_KEY_TAG: request.run_key or ""}, job_name=request.job_name)
    return any(run.is_finished for run in instance.get_runs(asked))


def _data_requests(catalog: Catalog, stale: Any) -> Iterator[dg.RunRequest]:
    for item in stale:
        made = [dg.AssetKey(asset.split("/")) for asset in with_publication(item.asset)]
        yield dg.RunRequest(
            run_key=f"{item.asset} {item.partition} {item.wanted}", job_name=job_of(catalog, item.asset),
            partition_key=item.partition, asset_selection=made,
        )  # fmt: skip


def _study_requests(stale: Any) -> Iterator[dg.RunRequest]:
    for item in stale:
        as_of = item.wanted.split(" ")[0]
        yield dg.RunRequest(
            run_key=f"{item.partition} {item.wanted}", job_name=STUDIES_JOB, partition_key=item.partition,
            tags={AS_OF_TAG: as_of},
        )  # fmt: skip
