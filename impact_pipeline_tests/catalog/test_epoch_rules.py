"""Key epochs stand apart, and no study crosses one."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.issues import CatalogError
from impact_pipeline_tests.small_shop import write_catalog

STUDY = "studies/ranker_v2.yaml"
"""Enrols 4 to 6 March and reads to 8 March; its country looks back 30 days."""


def epoch(first_day: str, entity: str = "user", key: str = "env:KEY_SPRING", name: str = "spring") -> str:
    told = f"entity: {entity}\nfirst_day: {first_day}\nkey: {key}\n"
    return f"name: {name}\nowner: team:data\ndescription: test\n{told}"


def faults(root: Path, **changes: str) -> list[str]:
    files = {f"epochs/{name}.yaml": text for name, text in changes.items()}
    try:
        write_catalog(root, changes=files)
    except CatalogError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize("first_day", ["2026-03-09", "2026-02-02", "2025-01-01"])
def test_a_study_within_an_epoch_is_sound(tmp_path: Path, first_day: str) -> None:
    assert faults(tmp_path, spring=epoch(first_day)) == []


@pytest.mark.parametrize("first_day", ["2026-03-08", "2026-03-04", "2026-02-03"])
def test_a_study_whose_days_cross_an_epoch_is_refused(tmp_path: Path, first_day: str) -> None:
    [fault] = faults(tmp_path, spring=epoch(first_day))
    assert fault == (
        f"{STUDY}:12: starts: the study reads 2026-02-02 to 2026-03-08, across the first day ({first_day}) of key "
        "epoch 'spring', from which on every user has another pseudonym; let it end before, begin so that its "
        "look-back lies after, or move the epoch"
    )


def test_an_epoch_of_another_entity_crosses_no_study(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, spring=epoch("2026-03-05", entity="store"))
    assert fault == "epochs/spring.yaml:4: entity: no contract identifies a store; entities are user"


def test_epochs_have_first_days_and_keys_of_their_own(tmp_path: Path) -> None:
    found = faults(
        tmp_path, spring=epoch("2026-05-01"),
        summer=epoch("2026-05-01", key="env:IMPACT_PSEUDONYM_KEY", name="summer"),
        autumn=epoch("2026-09-01", name="autumn"),
    )  # fmt: skip
    assert found == [
        "epochs/spring.yaml:6: key: KEY_SPRING is the key of epoch 'autumn'; name a variable of its own",
        "epochs/summer.yaml:5: first_day: epoch 'spring' of user begins on 2026-05-01, too; move one",
        "epochs/summer.yaml:6: key: IMPACT_PSEUDONYM_KEY is the key of the days before any epoch; name a variable of "
        "its own",
    ]


def test_a_key_is_never_written_down(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, spring=epoch("2026-05-01", key="a secret that somebody typed"))
    assert fault == (
        "epochs/spring.yaml:6: key: write `env:NAME`: the key is read from that environment variable, never from a "
        "document"
    )
