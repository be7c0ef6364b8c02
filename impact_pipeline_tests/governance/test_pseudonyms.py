"""Pseudonyms are keyed, per entity, stable and never show a key or an id."""

from __future__ import annotations

import hmac
from decimal import Decimal

import pyarrow as pa
import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.governance.pseudonyms import SecretKey, key_from_environment, pseudonymised

KEY = SecretKey(b"0123456789abcdef")


def test_a_pseudonym_is_the_first_eight_bytes_of_the_hmac() -> None:
    whole = hmac.digest(b"0123456789abcdef", b"user\x004711", "sha256")
    assert pseudonymised(pa.array(["4711"]), "user", KEY).to_pylist() == [int.from_bytes(whole[:8], "big", signed=True)]


def test_pseudonyms_agree_with_openssl() -> None:
    """`printf 'user\\000%s' 4711 | openssl dgst -sha256 -hmac 0123456789abcdef`, first 16 hex digits."""
    found = pseudonymised(pa.array(["4711", "4712"]), "user", KEY)
    assert found.to_pylist() == [954_862_423_945_188_821, -5_436_539_054_133_069_947]


def test_the_same_id_has_the_same_pseudonym_whatever_its_type() -> None:
    text = pseudonymised(pa.array(["4711"]), "user", KEY)
    assert pseudonymised(pa.array([4711]), "user", KEY) == text
    assert pseudonymised(pa.array([Decimal("4711")], pa.decimal128(12, 0)), "user", KEY) == text


def test_order_and_repetition_are_kept_and_a_missing_id_is_null() -> None:
    one, two, again, null, empty = pseudonymised(pa.array(["a", "b", "a", None, ""]), "user", KEY).to_pylist()
    assert one == again != two
    assert null is None
    assert empty is None


def test_entities_and_keys_do_not_share_pseudonyms() -> None:
    ids = pa.array(["4711"])
    found = [
        pseudonymised(ids, "user", KEY),
        pseudonymised(ids, "store", KEY),
        pseudonymised(ids, "user", SecretKey(b"another key, as long")),
    ]
    assert len({array[0].as_py() for array in found}) == 3


def test_an_array_without_ids_stays_empty_int64() -> None:
    assert pseudonymised(pa.array([], pa.string()), "user", KEY) == pa.array([], pa.int64())
    assert pseudonymised(pa.nulls(2), "user", KEY) == pa.array([None, None], pa.int64())


def test_a_key_is_not_shown() -> None:
    assert f"{KEY} {KEY!r} {(KEY,)}".count("0123") == 0
    assert repr(KEY) == "SecretKey(hidden)"


def test_the_key_comes_from_the_environment() -> None:
    assert key_from_environment({"IMPACT_PSEUDONYM_KEY": "0123456789abcdef"}) == KEY
    assert key_from_environment({"OTHER": "0123456789abcdef"}, "OTHER") == KEY


@pytest.mark.parametrize("environ", [{}, {"IMPACT_PSEUDONYM_KEY": ""}])
def test_a_missing_key_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(
        InputError, match=r"^environment variable IMPACT_PSEUDONYM_KEY is not set; set it to the secret"
    ):
        key_from_environment(environ)


def test_a_short_key_is_refused_without_showing_it() -> None:
    with pytest.raises(InputError) as error:
        key_from_environment({"IMPACT_PSEUDONYM_KEY": "canary"})
    assert str(error.value) == (
        "environment variable IMPACT_PSEUDONYM_KEY: the pseudonym key has 6 bytes; at least 16 are needed; "
        "set a longer secret"
    )
