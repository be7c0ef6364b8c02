"""Pseudonyms: unit ids leave their source only as keyed 64-bit numbers.

The number is the first 8 bytes of HMAC-SHA256(key, entity NUL id), read as a signed integer. It is short because the
lake groups by it; two of n ids share a number with probability about n^2 / 2^65: 7e-7 for 5 million ids, 2.7 % for a
billion. Whoever holds the key can find a person again, so pseudonyms are still personal data.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.errors import InputError

KEY_VARIABLE = "IMPACT_PSEUDONYM_KEY"
SHORTEST_KEY = 16
_BYTES = 8


@dataclass(frozen=True, slots=True, repr=False)
class SecretKey:
    """The key of pseudonyms; never shown, not even by an accident of formatting."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) < SHORTEST_KEY:
            raise InputError(f"the pseudonym key has {len(self.value)} bytes; at least {SHORTEST_KEY} are needed")

    def __repr__(self) -> str:
        return "SecretKey(hidden)"


def key_from_environment(environ: Mapping[str, str], name: str = KEY_VARIABLE) -> SecretKey:
    """The key in the environment variable `name`; raises `InputError` when it is missing or too short."""
    value = environ.get(name, "")
    if not value:
        raise InputError(f"environment variable {name} is not set; set it to the secret key of pseudonyms")
    try:
        return SecretKey(value.encode())
    except InputError as error:
        raise InputError(f"environment variable {name}: {error}; set a longer secret") from None


def pseudonymised(ids: pa.Array, entity: str, key: SecretKey) -> pa.Array:
    """The int64 pseudonyms of text or whole-number ids, in order. A missing id (null or empty text) is null.

    4711 and '4711' are the same id. Ids of one entity have the same pseudonyms wherever they appear.
    """
    distinct = pc.dictionary_encode(ids.cast(pa.string()))
    pseudonyms = pa.array([_pseudonym(id_, entity, key) for id_ in distinct.dictionary.to_pylist()], pa.int64())
    return pseudonyms.take(distinct.indices)


def _pseudonym(id_: str, entity: str, key: SecretKey) -> int | None:
    if not id_:
        return None
    message = f"{entity}\0{id_}".encode()
    return int.from_bytes(hmac.digest(key.value, message, "sha256")[:_BYTES], "big", signed=True)
