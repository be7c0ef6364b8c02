from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.governance.signing import (
    PAYLOAD_TYPE,
    STATEMENT_TYPE,
    SigningKey,
    opened,
    pre_authentication,
    signed,
    signing_key,
    statement,
)

KEY = SigningKey(b"a key of tests only")
PAYLOAD = statement("results/a/2026-03-05/scorecard-1.json", b"content", {"engine": "duckdb 2.0.0"})


def test_the_statement_names_its_subject_by_digest() -> None:
    told = json.loads(PAYLOAD)
    assert told["_type"] == STATEMENT_TYPE
    assert told["subject"][0]["digest"]["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert told["predicate"] == {"engine": "duckdb 2.0.0"}


def test_the_envelope_is_dsse_signed_over_type_and_payload() -> None:
    """Recomputed from the protocol's words with the standard library."""
    envelope = json.loads(signed(PAYLOAD, KEY))
    encoded = b" ".join(
        [b"DSSEv1", str(len(PAYLOAD_TYPE)).encode(), PAYLOAD_TYPE.encode(), str(len(PAYLOAD)).encode(), PAYLOAD]
    )
    assert pre_authentication(PAYLOAD_TYPE, PAYLOAD) == encoded
    [signature] = envelope["signatures"]
    assert base64.b64decode(signature["sig"]) == hmac.digest(KEY.value, encoded, "sha256")
    assert base64.b64decode(envelope["payload"]) == PAYLOAD
    assert opened(signed(PAYLOAD, KEY), KEY) == json.loads(PAYLOAD)


def test_every_flipped_bit_of_an_envelope_is_found() -> None:
    envelope = signed(PAYLOAD, KEY)
    for place in range(0, len(envelope), 3):
        broken = envelope[:place] + bytes([envelope[place] ^ 1]) + envelope[place + 1 :]
        with pytest.raises(ValueError, match="sign"):
            opened(broken, KEY)


def test_another_key_is_told_by_its_id() -> None:
    other = SigningKey(b"another key of tests")
    with pytest.raises(ValueError, match=f"signed with the key {KEY.id}; IMPACT_SIGNING_KEY is the key {other.id}"):
        opened(signed(PAYLOAD, KEY), other)


def test_the_key_comes_from_the_environment_and_is_never_shown() -> None:
    assert signing_key({}) is None
    assert signing_key({"IMPACT_SIGNING_KEY": "a key of tests only"}) == KEY
    assert "tests" not in repr(KEY) + KEY.id
    with pytest.raises(InputError, match="has 5 bytes; at least 16 are needed"):
        signing_key({"IMPACT_SIGNING_KEY": "short"})
