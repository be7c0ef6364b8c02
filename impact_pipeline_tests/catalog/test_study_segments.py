from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline_tests.catalog.mini import DOCUMENTS, write_mini

PLAN, OTHER = "studies/trial.yaml", "studies/second.yaml"
SECOND = DOCUMENTS[PLAN].replace("name: trial", "name: second")
LAND = "  land: {type: column, column: country}\n"


def split_by(study: str, second: str = SECOND) -> tuple[tuple[str, str, str], ...]:
    segment = f"  also: {{type: study, study: {study}}}\n"
    return (OTHER, "", second), (PLAN, LAND, LAND + segment)


def test_a_study_may_be_split_by_another_and_reads_its_dataset(tmp_path: Path) -> None:
    found = read_catalog(write_mini(tmp_path, *split_by("second"))).study("trial")
    assert list(found.other_studies) == ["second"]
    assert "also" in found.splits
    assert "exposures" in found.datasets


@pytest.mark.parametrize(
    ("study", "second", "message"),
    [
        ("trial", SECOND, "'trial' is this study; name another that runs at the same time"),
        (
            "third", SECOND,
            "there is no study 'third'; studies are second, trial; correct the name or add the document",
        ),
        (
            "second", SECOND.replace("2026-03-03", "2026-03-06").replace("2026-03-05", "2026-03-09"),
            "study 'second' enrols from 2026-03-06 to 2026-03-09, on no day of this one; remove the segment",
        ),
        (
            "second", SECOND.replace("model: ranker", "model: nope"),
            "study 'second' has faults of its own (studies/second.yaml:6); mend them first",
        ),
    ],
)  # fmt: skip
def test_another_study_must_be_there_and_run_at_the_same_time(
    tmp_path: Path, study: str, second: str, message: str
) -> None:
    broken = read_sound_part(write_mini(tmp_path, *split_by(study, second))).broken["study", "trial"]
    assert [str(issue) for issue in broken] == [f"{PLAN}:26: segments.also.study: {message}"]


def test_another_study_is_about_the_same_entity(tmp_path: Path) -> None:
    stores = SECOND.replace("entity: user", "entity: store").replace("dataset: exposures", "dataset: visits")
    stores = stores.replace("arm_column: arm", "arm_column: country")
    stores = stores.replace("{role: success, metric: revenue}", "{role: success, metric: visits}")
    stores = stores.replace("  - {role: guardrail, metric: share, margin: {relative: 0.1}}\n", "")
    stores = stores[: stores.index("segments:")]
    visits = DOCUMENTS["metrics/revenue.yaml"].replace("name: revenue", "name: visits").replace("orders", "visits")
    visits = visits.replace("measure: revenue", "measure: visits").replace("  filter: amount > 1\n", "")
    visits = visits.replace("covariates: [revenue_before]\n", "")
    changes = (*split_by("second", stores), ("metrics/visits.yaml", "", visits))
    broken = read_sound_part(write_mini(tmp_path, *changes)).broken
    assert [str(issue) for issue in broken["study", "trial"]] == [
        f"{PLAN}:26: segments.also.study: study 'second' is about a store, this one about a user"
    ]
