"""The pipeline: measure a study's cells from the lake, then estimate every metric and segment from them.

scipy is imported here because every runner's libraries are loaded before its clock starts; the pipeline loads it late.
"""

from __future__ import annotations

import shutil

import scipy.special  # noqa: F401

from benchmarks.our_lake import GENERATION, study_name
from benchmarks.peers.answering import Answer, Question, main
from benchmarks.workload import LAST_DAY
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.outcomes.measure import measure


def answer(question: Question) -> Answer:
    """Cells of an earlier answer are removed first: nothing is taken from before."""
    home = question.home.path
    study = read_catalog(home / "catalog").study(study_name(len(question.metrics), len(question.segments)))
    lake, engine = Lake(home), DuckDBEngine(question.threads, question.memory_limit)
    table = lake.cells(study.name)
    shutil.rmtree(table.path, ignore_errors=True)
    measure(study, LAST_DAY, lake=lake, engine=engine, generation=GENERATION)
    found = estimate_study(study, read_cells(table, engine), LAST_DAY, final=True, plan_digest="benchmark")
    effects = {
        r.metric: (r.value, r.std_error or 0.0)
        for r in found.results
        if isinstance(r, Estimate) and r.segment == ALL_UNITS
    }
    return Answer(effects, len(found.results))


if __name__ == "__main__":
    main(answer)
