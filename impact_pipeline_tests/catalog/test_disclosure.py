"""The policy of disclosure: as written, by default, or closed by a fault; and whose units it protects."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.disclosure import CLOSED, DEFAULT, POLICY_FILE, DisclosurePolicy
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline_tests.catalog.mini import write_mini

BUNDLED = Path(__file__).parents[2] / "data" / "catalog"
PUBLIC = "physicalType: VARCHAR, classification: public,"


def test_without_a_policy_the_defaults_hold(tmp_path: Path) -> None:
    assert read_catalog(write_mini(tmp_path)).disclosure == DEFAULT == DisclosurePolicy(minimum_group_size=10)


def test_a_policy_is_read(tmp_path: Path) -> None:
    text = "minimum_group_size: 25\ndominant_share: 0.5\n"
    found = read_catalog(write_mini(tmp_path, (POLICY_FILE, "", text))).disclosure
    assert found == DisclosurePolicy(minimum_group_size=25, dominant_share=0.5)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "minimum_group_size: 0\n",
            "disclosure.yaml:1: minimum_group_size: Input should be greater than",
        ),
        ("minimum_groupsize: 50\n", "disclosure.yaml:1: minimum_groupsize: is not a field of this document"),
        ("minimum_group_size: [\n", "disclosure.yaml:2: document: "),
    ],
)
def test_a_policy_with_a_fault_closes_everything(tmp_path: Path, text: str, fault: str) -> None:
    found = read_sound_part(write_mini(tmp_path, (POLICY_FILE, "", text)))
    assert found.disclosure == CLOSED
    [[issue]] = found.broken.values()
    assert str(issue).startswith(fault)
    assert list(found.plans) == ["trial"]


def test_units_are_protected_unless_every_contract_makes_their_ids_public(tmp_path: Path) -> None:
    assert read_catalog(write_mini(tmp_path / "closed")).study("trial").protected
    half = [("contracts/orders.yaml", "physicalType: VARCHAR,", PUBLIC)]
    assert read_catalog(write_mini(tmp_path / "half", *half)).study("trial").protected
    both = [*half, ("contracts/exposures.yaml", "physicalType: VARCHAR,", PUBLIC)]
    assert not read_catalog(write_mini(tmp_path / "open", *both)).study("trial").protected


def test_bundled_studies_of_states_and_published_records_are_not_protected() -> None:
    catalog = read_catalog(BUNDLED)
    open_ = {name for name in catalog.plans if not catalog.study(name).protected}
    assert {"active_choice", "minimum_wage", "nile_dam", "proposition_99", "job_training"} <= open_
    assert {"ranker_v7", "pricing_harm", "fraud_ratio"}.isdisjoint(open_)
