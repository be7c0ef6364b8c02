"""Content identity of documents: SHA-256 of canonical JSON."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces; NaN and infinities raise."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(*values: object) -> str:
    """Hex SHA-256 of documents and plain JSON values, in order."""
    plain = [v.model_dump(mode="json", by_alias=True) if isinstance(v, BaseModel) else v for v in values]
    return hashlib.sha256(canonical(plain)).hexdigest()
