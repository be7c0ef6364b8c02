"""What roles of columns allow: in expressions, and as what splits or chooses a plan's units."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.contract import Role
from impact_pipeline.catalog.expressions import Kind, Rejected, compile_row
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline_tests.catalog.mini import COUNTRY, write_mini

PLAN = "studies/trial.yaml"
SIGNED = (PLAN, "starts:", "governance: {privacy: true}\nstarts:")
ROLES: dict[str, Role] = {"born": "quasi_identifier", "amount": "measure"}


def marked(dataset: str, role: str) -> tuple[str, str, str]:
    """The country of a dataset in that role."""
    custom = f", customProperties: [{{property: impact.role, value: {role}}}]}}"
    return f"contracts/{dataset}.yaml", COUNTRY, COUNTRY.replace("}", custom)


def faults(tmp_path: Path, *changes: tuple[str, str, str]) -> list[str]:
    broken = read_sound_part(write_mini(tmp_path, *changes)).broken
    return sorted(f"{issue.field}: {issue.message}" for issue in broken.get(("study", "trial"), ()))


def test_a_sensitive_column_splits_and_chooses_no_units_without_a_sign_off(tmp_path: Path) -> None:
    told = (
        "column 'country' of 'exposures' is sensitive; ask for the privacy sign-off with"
        " `governance: {privacy: true}`, or use another"
    )
    found = faults(tmp_path, marked("exposures", "sensitive"))
    assert found == [f"exposure.filter: {told}", f"segments.land.column: {told}"]


def test_a_feature_of_a_sensitive_column_asks_for_it_too(tmp_path: Path) -> None:
    [found] = faults(tmp_path, marked("orders", "sensitive"))
    assert found.startswith("segments.country.feature: column 'country' of 'orders' is sensitive")


@pytest.mark.parametrize("dataset", ["exposures", "orders"])
def test_with_the_sign_off_a_sensitive_column_may(tmp_path: Path, dataset: str) -> None:
    assert faults(tmp_path, marked(dataset, "sensitive"), SIGNED) == []


def test_a_quasi_identifier_is_no_segment_as_it_stands(tmp_path: Path) -> None:
    [found] = faults(tmp_path, marked("exposures", "quasi_identifier"), SIGNED)
    assert found.startswith("segments.land.column: column 'country' of 'exposures' is a quasi-identifier")


def test_a_quasi_identifier_in_few_groups_is_one(tmp_path: Path) -> None:
    grouped = "expression: case when country in ('A', 'B') then 'near' else 'far' end"
    feature = ("features/country.yaml", "expression: country", grouped)
    assert faults(tmp_path, marked("orders", "quasi_identifier"), feature) == []


@pytest.mark.parametrize(
    ("text", "kind", "fault"),
    [
        ("born", "category", "a quasi-identifier column is only compared (character 1)"),
        ("born + 1", "number", "a quasi-identifier column is only compared (character 1)"),
        ("born < 1980", "condition", ""),
        ("case when born < 1980 then amount else 0 end", "number", ""),
    ],
)
def test_a_quasi_identifier_is_only_compared(text: str, kind: Kind, fault: str) -> None:
    if fault:
        with pytest.raises(Rejected) as refused:
            compile_row(text, ROLES, kind)
        assert str(refused.value) == fault
    else:
        assert "born" in compile_row(text, ROLES, kind).columns
