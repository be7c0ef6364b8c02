"""Results: written once, pointed to, and never believed when they were changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.results import Results, canonical_json

FIRST, SECOND = date(2026, 3, 5), date(2026, 3, 6)


@dataclass(frozen=True, slots=True)
class Effect:
    value: float
    arms: tuple[str, ...] = ("control", "treatment")


def test_a_value_comes_back_with_its_date_and_digest(tmp_path: Path) -> None:
    added = Results(tmp_path).add("ranker", "estimates", FIRST, Effect(0.1 + 0.2))
    assert Results(tmp_path).current("ranker", "estimates", Effect) == added
    assert (added.value.value.hex(), added.as_of) == ((0.1 + 0.2).hex(), FIRST)
    assert added.path == tmp_path / "ranker" / "2026-03-05" / f"estimates-{added.digest[:16]}.json"


def test_results_are_only_added_and_the_pointer_moves(tmp_path: Path) -> None:
    results = Results(tmp_path)
    first = results.add("ranker", "estimates", FIRST, Effect(1.0))
    restated = results.add("ranker", "estimates", FIRST, Effect(2.0))
    later = results.add("ranker", "estimates", SECOND, Effect(1.0))
    assert results.current("ranker", "estimates", Effect) == later
    assert all(record.path.exists() for record in (first, restated, later))
    assert first.digest == later.digest != restated.digest


def test_the_pointer_names_what_the_value_was_made_from(tmp_path: Path) -> None:
    results = Results(tmp_path)
    first = results.add("ranker", "estimates", FIRST, Effect(1.0), made_from="cells 1")
    results.add("ranker", "estimates", FIRST, Effect(1.0), made_from="cells 2")
    pointer = results.pointer("ranker", "estimates")
    assert (pointer["made_from"], pointer["digest"]) == ("cells 2", first.digest)


def test_the_same_value_is_stored_once(tmp_path: Path) -> None:
    first = Results(tmp_path).add("ranker", "estimates", FIRST, Effect(1.0))
    inode = first.path.stat().st_ino
    assert Results(tmp_path).add("ranker", "estimates", FIRST, Effect(1.0)) == first
    assert first.path.stat().st_ino == inode
    assert len(list(first.path.parent.iterdir())) == 1


def test_a_changed_result_is_refused_and_mended_by_writing_it_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    record = results.add("ranker", "estimates", FIRST, Effect(1.0))
    record.path.write_bytes(record.path.read_bytes().replace(b"1.0", b"9.0"))
    with pytest.raises(LakeError) as error:
        results.current("ranker", "estimates", Effect)
    assert str(error.value) == (
        f"ranker/2026-03-05/{record.path.name}: the content was changed after it was written; "
        "materialize study/estimates of 'ranker' again"
    )
    results.add("ranker", "estimates", FIRST, Effect(1.0))
    assert results.current("ranker", "estimates", Effect) == record


def test_a_result_that_is_gone_is_refused(tmp_path: Path) -> None:
    record = Results(tmp_path).add("ranker", "estimates", FIRST, Effect(1.0))
    record.path.unlink()
    with pytest.raises(LakeError, match=r"the content is gone; materialize study/estimates of 'ranker' again$"):
        Results(tmp_path).current("ranker", "estimates", Effect)


def test_what_was_never_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"^study/estimates of 'ranker' has not been materialized yet; materialize it"):
        Results(tmp_path).current("ranker", "estimates", Effect)


def test_studies_with_a_result_are_listed_in_order(tmp_path: Path) -> None:
    for study in ("b", "a"):
        Results(tmp_path).add(study, "estimates", FIRST, Effect(1.0))
    Results(tmp_path).add("c", "verdict", FIRST, Effect(1.0))
    assert Results(tmp_path).studies("estimates") == ("a", "b")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        canonical_json(Effect(value))
