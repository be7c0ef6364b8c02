from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from impact_pipeline.catalog.issues import CatalogError
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline.errors import InputError
from impact_pipeline_tests.catalog.hostile import inputs
from impact_pipeline_tests.catalog.mini import DOCUMENTS, write_mini

PLAN = "studies/trial.yaml"


def faults(root: Path) -> list[str]:
    with pytest.raises(CatalogError) as raised:
        read_catalog(root)
    assert str(raised.value) == "\n".join(map(str, raised.value.issues))
    return [str(issue) for issue in raised.value.issues]


def test_a_sound_catalog_is_read_whole(tmp_path: Path) -> None:
    catalog = read_catalog(write_mini(tmp_path))
    assert catalog.datasets == ("exposures", "orders", "visits")
    assert catalog.studies == ("trial",)
    assert catalog.broken == {}
    assert len(catalog.origins) == len(DOCUMENTS)


def test_a_folder_that_is_not_there_is_not_an_empty_catalog(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no catalog in this folder; give the folder that holds sources, "):
        read_catalog(tmp_path / "nope")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("metrics/revenue.yaml", "label: Revenue\n", "", "metrics/revenue.yaml:1: label: is required; add it"),
        (
            "metrics/revenue.yaml",
            "label:",
            "lable: x\nlabel:",
            "metrics/revenue.yaml:6: lable: is not a field of this document; remove it or correct its name",
        ),
        (
            "metrics/revenue.yaml",
            "better: higher",
            "better: up",
            "metrics/revenue.yaml:8: better: 'up' is not allowed; write 'higher' or 'lower'",
        ),
        (
            "metrics/revenue.yaml",
            "type: mean",
            "type: median",
            "metrics/revenue.yaml:1: type: 'median' is not one of 'mean', 'proportion', 'ratio'",
        ),
        ("metrics/revenue.yaml", "type: mean\n", "", "metrics/revenue.yaml:1: document: needs its 'type' field"),
        (
            "metrics/revenue.yaml",
            "days: 7",
            "days: '7'",
            "metrics/revenue.yaml:9: window.days: Input should be a valid integer (found '7')",
        ),
        (
            "metrics/revenue.yaml",
            "days: 7",
            "days: 0",
            "metrics/revenue.yaml:9: window.days: Input should be greater than or equal to 1 (found 0)",
        ),
        (
            PLAN,
            "role: guardrail",
            "role: main",
            f"{PLAN}:22: metrics.1.role: 'main' is not one of 'success', 'guardrail', 'quality', 'exploratory'",
        ),
        (PLAN, "2026-03-05", "2026-03-32", f"{PLAN}:19: ends: Input should be a valid date in the format YYYY-MM-DD,"),
        (PLAN, "owner: team:data", "owner: me", f"{PLAN}:4: owner: String should match pattern"),
        (
            PLAN,
            "{relative: 0.1}",
            "{relative: 0.1, absolute: 1}",
            f"{PLAN}:22: metrics.1.margin: name either `relative` or `absolute`, and not both",
        ),
        ("models/ranker.yaml", "notes: old", "note: old", "models/ranker.yaml:6: versions.0.note: is not a field of"),
    ],
)
def test_a_fault_is_told_with_file_line_field_and_what_to_do(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    found = faults(write_mini(tmp_path, (file, old, new)))
    assert any(fault.startswith(message) for fault in found), found


def test_all_faults_of_all_files_are_told_at_once_in_order(tmp_path: Path) -> None:
    root = write_mini(
        tmp_path,
        ("facts/visits.yaml", "unit: visits", "unit: ''"),
        ("metrics/share.yaml", "version: 2\n", "version: zero\n"),
        ("metrics/share.yaml", "better: lower", "better: down"),
        ("sources/shop.yaml", "type: files", "a: 1\na: 2"),
    )
    found = faults(root)
    assert "facts/visits.yaml:8: measures.visits.unit: String should have at least 1 character (found '')" in found
    assert "metrics/share.yaml:3: version: Input should be a valid integer (found 'zero')" in found
    assert "metrics/share.yaml:8: better: 'down' is not allowed; write 'higher' or 'lower'" in found
    assert "sources/shop.yaml:2: document: the key 'a' stands twice; keep one of the two" in found
    assert found == sorted(found, key=lambda fault: (fault.split(":")[0], int(fault.split(":")[1])))


def test_a_broken_document_does_not_hide_the_others(tmp_path: Path) -> None:
    catalog = read_sound_part(write_mini(tmp_path, ("metrics/share.yaml", "better: lower", "better: down")))
    assert sorted(catalog.metrics) == ["revenue"]
    assert list(catalog.broken) == [("metric", "share")]
    assert catalog.study("trial").broken_metrics == {
        "share": "metrics/share.yaml:8: better: 'down' is not allowed; write 'higher' or 'lower'"
    }


def test_what_rests_on_a_broken_document_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    catalog = read_sound_part(write_mini(tmp_path, ("contracts/visits.yaml", "status: active", "status: live")))
    assert sorted(catalog.facts) == ["orders"]
    assert str(catalog.broken["fact", "visits"][0]) == (
        "facts/visits.yaml:4: dataset: contract 'visits' has faults of its own (contracts/visits.yaml:6); "
        "mend them first"
    )


def test_a_faulty_plan_is_still_a_study_and_says_why(tmp_path: Path) -> None:
    catalog = read_sound_part(write_mini(tmp_path, (PLAN, "starts: 2026-03-03", "starts: soon")))
    assert catalog.studies == ("trial",)
    with pytest.raises(InputError, match=rf"^{PLAN}:18: starts: Input should be a valid date"):
        catalog.study("trial")


def test_two_documents_of_a_name_and_two_broken_ones_are_all_told(tmp_path: Path) -> None:
    twin, worse = DOCUMENTS["metrics/share.yaml"], "a: 1\na: 2\n"
    root = write_mini(
        tmp_path, ("metrics/twin.yaml", "", twin), ("metrics/odd.yaml", "", worse), ("metrics/odd.yml", "", worse)
    )
    assert faults(root) == [
        "metrics/odd.yaml:2: document: the key 'a' stands twice; keep one of the two",
        "metrics/odd.yml:2: document: the key 'a' stands twice; keep one of the two",
        "metrics/twin.yaml:2: name: metric 'share' is already defined in metrics/share.yaml; names are unique within a "
        "kind; rename one",
    ]


@pytest.mark.parametrize("place", ["metrics/more/late.yaml", "metric/late.yaml", "late.yaml"])
def test_a_document_that_nothing_would_read_is_told(tmp_path: Path, place: str) -> None:
    found = faults(write_mini(tmp_path, (place, "", DOCUMENTS["metrics/share.yaml"])))
    assert found == [
        f"{place}:1: document: no document is read from here; folders are sources, contracts, facts, features, "
        "metrics, models, studies, reviews, postmortems, epochs; move the file directly into one; roles stand in "
        "access.yaml at the top"
    ]


def test_links_that_leave_the_catalog_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("secret: 1\n")
    root = write_mini(tmp_path / "catalog")
    (root / "studies" / "link.yaml").symlink_to(outside)
    (root / "models" / "gone.yaml").symlink_to(tmp_path / "nothing")
    message = "a link that leaves the catalog's folder; put the document itself here"
    assert faults(root) == [f"models/gone.yaml:1: document: {message}", f"studies/link.yaml:1: document: {message}"]


def test_a_linked_folder_that_leaves_the_catalog_is_not_followed(tmp_path: Path) -> None:
    root = write_mini(tmp_path / "catalog")
    (root / "studies").rename(tmp_path / "elsewhere")
    (root / "studies").symlink_to(tmp_path / "elsewhere")
    assert faults(root) == [
        "studies/trial.yaml:1: document: a link that leaves the catalog's folder; put the document itself here"
    ]


def test_bytes_that_are_not_text_and_folders_called_like_documents_are_told(tmp_path: Path) -> None:
    root = write_mini(tmp_path)
    (root / "models" / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    (root / "models" / "folder.yaml").mkdir()
    assert faults(root) == [
        "models/bytes.yaml:1: document: cannot be read as UTF-8 text (UnicodeDecodeError)",
        "models/folder.yaml:1: document: cannot be read as UTF-8 text (IsADirectoryError)",
    ]


@pytest.mark.parametrize("document", list(inputs("document", "reject")))
def test_hostile_documents_are_refused_as_they_are_and_within_a_plan(tmp_path: Path, document: Any) -> None:
    text = document if isinstance(document, str) else yaml.safe_dump(document)
    alone = write_mini(tmp_path / "alone", ("studies/hostile.yaml", "", text))
    inside = "decision:\n" + "".join(f"  {line}\n" for line in text.splitlines()) if "alpha" in text else text
    within = write_mini(tmp_path / "within", (PLAN, "segments:", f"{inside}segments:"))
    assert all(fault.startswith("studies/hostile.yaml:") for fault in faults(alone))
    assert all(fault.startswith(f"{PLAN}:") for fault in faults(within))


@pytest.mark.parametrize("name", list(inputs("name", "reject")))
def test_hostile_names_are_refused_and_never_become_keys(tmp_path: Path, name: str) -> None:
    plan = DOCUMENTS[PLAN].replace("name: trial", f"name: {json.dumps(name)}")
    root = write_mini(tmp_path, ("studies/named_badly.yaml", "", plan))
    catalog = read_sound_part(root)
    assert catalog.studies == (("con", "trial") if name == "con" else ("named_badly", "trial"))
    assert "trial" in catalog.plans
    assert len(catalog.plans) == 1
    assert any(fault.startswith("studies/named_badly.yaml:2: name: ") for fault in faults(root))


def test_a_file_name_that_is_no_name_becomes_one(tmp_path: Path) -> None:
    root = write_mini(tmp_path, ("studies/..x Y.yaml", "", "a: 1\na: 2\n"), ("studies/Ärger é.yaml", "", "- 1\n"))
    assert read_sound_part(root).studies == ("_rger__", "trial", "unnamed")


def test_a_broken_contract_leaves_the_other_datasets_of_its_source(tmp_path: Path) -> None:
    catalog = read_sound_part(write_mini(tmp_path, ("contracts/visits.yaml", "status: active", "status: live")))
    assert catalog.datasets == ("exposures", "orders")
    assert "trial" in catalog.plans
    assert {kind for kind, _ in catalog.broken} == {"contract", "fact"}


def test_a_metric_with_a_filter_over_a_broken_contract_is_told_and_does_not_crash(tmp_path: Path) -> None:
    catalog = read_sound_part(write_mini(tmp_path, ("contracts/orders.yaml", "status: active", "status: live")))
    told = [str(issue).split("; ")[0] for issue in catalog.broken["metric", "revenue"]]
    assert "metrics/revenue.yaml:12: value.fact: fact 'orders' has faults of its own (facts/orders.yaml:4)" in told
