"""Which key a day's pseudonyms are made under."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.epoch import KeyEpoch
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.errors import InputError
from impact_pipeline.governance.epochs import Epoch, epoch_on, epochs_of, key_on, keys_at_hand

SPRING, SUMMER = date(2026, 4, 1), date(2026, 7, 1)
KEYS = {"IMPACT_PSEUDONYM_KEY": "the first key of tests", "KEY_SPRING": "the second key of tests"}


def epoch(name: str, first_day: date, entity: str = "user") -> KeyEpoch:
    told = {"owner": "team:data", "description": "test", "key": f"env:KEY_{name.upper()}"}
    return KeyEpoch.model_validate({**told, "name": name, "entity": entity, "first_day": first_day})


CATALOG = Catalog(
    Path(),
    epochs={
        "summer": epoch("summer", SUMMER),
        "spring": epoch("spring", SPRING),
        "other": epoch("other", SPRING, "store"),
    },
)


def test_without_documents_there_is_one_epoch() -> None:
    assert epochs_of(Catalog(Path()), "user") == (Epoch("initial", None, "IMPACT_PSEUDONYM_KEY"),)


@pytest.mark.parametrize(
    ("day", "name"),
    [("2026-03-31", "initial"), ("2026-04-01", "spring"), ("2026-06-30", "spring"), ("2027-01-01", "summer")],
)
def test_a_day_belongs_to_the_last_epoch_that_began(day: str, name: str) -> None:
    assert epoch_on(CATALOG, "user", date.fromisoformat(day)).name == name


def test_the_key_of_a_day_is_that_of_its_epoch_and_entity() -> None:
    assert key_on(CATALOG, "user", date(2026, 3, 31), KEYS).value == b"the first key of tests"
    assert key_on(CATALOG, "user", SPRING, KEYS).value == b"the second key of tests"
    with pytest.raises(
        InputError, match="key epoch 'other' of store, day 2026-04-01: environment variable KEY_OTHER is"
    ):
        key_on(CATALOG, "store", SPRING, KEYS)


def test_a_destroyed_key_is_not_at_hand() -> None:
    assert sorted(keys_at_hand(epochs_of(CATALOG, "user"), KEYS)) == ["initial", "spring"]


def test_an_epoch_with_faults_stops_every_choice_of_a_key() -> None:
    """Its days would be made under the key of the epoch before."""
    broken = Catalog(Path(), broken={("epoch", "spring"): (Issue("epochs/spring.yaml", 3, "first_day", "is no date"),)})
    with pytest.raises(InputError, match=r"no key can be chosen:\nepochs/spring\.yaml:3: first_day: is no date"):
        key_on(broken, "user", SPRING, KEYS)
