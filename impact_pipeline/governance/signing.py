"""Signed statements of where a result came from: in-toto Statement v1 in a DSSE envelope, signed with HMAC-SHA256.

Envelope and pre-authentication encoding: github.com/secure-systems-lab/dsse, protocol 1.0.2. Whoever holds the key can
sign too: it proves that the result comes from an installation that has the key, and was not changed since.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from impact_pipeline.catalog.identity import canonical
from impact_pipeline.errors import InputError

SIGNING_VARIABLE = "IMPACT_SIGNING_KEY"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:impact-pipeline:provenance:v1"
SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The key of signatures; never shown. Its id tells which key signed, and nothing of the key."""

    value: bytes

    def __repr__(self) -> str:
        return "SigningKey(hidden)"

    @property
    def id(self) -> str:
        return hmac.digest(self.value, b"impact-pipeline signing key id", "sha256").hex()[:16]


def signing_key(environ: Mapping[str, str]) -> SigningKey | None:
    """The key in the environment, None where none is configured; raises `InputError` when it is too short."""
    value = environ.get(SIGNING_VARIABLE, "").encode()
    if not value:
        return None
    if len(value) < SHORTEST_KEY:
        raise InputError(f"{SIGNING_VARIABLE} has {len(value)} bytes; at least {SHORTEST_KEY} are needed")
    return SigningKey(value)


def statement(name: str, content: bytes, provenance: Mapping[str, Any]) -> bytes:
    """The in-toto statement that `content`, stored as `name`, was made as `provenance` says."""
    subject = {"name": name, "digest": {"sha256": hashlib.sha256(content).hexdigest()}}
    whole = {"_type": STATEMENT_TYPE, "subject": [subject], "predicateType": PREDICATE_TYPE}
    return canonical({**whole, "predicate": dict(provenance)})


def signed(payload: bytes, key: SigningKey) -> bytes:
    """The DSSE envelope of a statement; equal payloads and keys give equal envelopes.

    >>> key = SigningKey(b"a key of tests only")
    >>> opened(signed(b'{"a":1}', key), key)
    {'a': 1}
    """
    signature = {"keyid": key.id, "sig": _base64(_mac(payload, key))}
    envelope = {"payloadType": PAYLOAD_TYPE, "payload": _base64(payload), "signatures": [signature]}
    return canonical(envelope) + b"\n"


def opened(envelope: bytes, key: SigningKey) -> dict[str, Any]:
    """The statement in an envelope that this key signed; raises `ValueError` saying why it is not to be trusted."""
    try:
        read = json.loads(envelope)
        payload = base64.b64decode(read["payload"], validate=True)
        [signature] = read["signatures"]
        given, key_id, kind = base64.b64decode(signature["sig"], validate=True), signature["keyid"], read["payloadType"]
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise ValueError("the signed statement cannot be read") from None
    if kind != PAYLOAD_TYPE or canonical(read) + b"\n" != envelope:
        raise ValueError("the signed statement is not written as it was signed")
    if key_id != key.id:
        raise ValueError(f"signed with the key {str(key_id)[:16]}; {SIGNING_VARIABLE} is the key {key.id}")
    if not hmac.compare_digest(given, _mac(payload, key)):
        raise ValueError("the signature does not hold: the statement was changed after it was signed")
    statement_read: dict[str, Any] = json.loads(payload)
    return statement_read


def pre_authentication(kind: str, payload: bytes) -> bytes:
    """What is signed: type and payload, each with its length.

    >>> pre_authentication("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _mac(payload: bytes, key: SigningKey) -> bytes:
    return hmac.digest(key.value, pre_authentication(PAYLOAD_TYPE, payload), "sha256")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
