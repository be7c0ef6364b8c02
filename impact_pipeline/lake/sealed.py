"""Small files that carry the digest of their own content: a changed byte shows without any record beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SEAL = "seal"
_PAGE_SEAL = b"\n<!-- sha256 of all before this line: %s -->\n"


def sealed_json(plain: Mapping[str, Any]) -> bytes:
    """A JSON object with the digest of the rest of it, in canonical form."""
    return _canonical({**plain, SEAL: hashlib.sha256(_canonical(plain)).hexdigest()})


def read_sealed(path: Path) -> dict[str, Any]:
    """The object without its seal, which is not checked: a report of changed bytes is the verification's."""
    plain: dict[str, Any] = json.loads(path.read_bytes())
    plain.pop(SEAL, None)
    return plain


def sealed_page(text: str) -> bytes:
    """A page that ends with the digest of all before its last line."""
    content = text.encode().rstrip(b"\n")
    return content + _page_seal(content)


def json_fault(path: Path) -> str:
    """Why a sealed object is not as it was written; '' where it is."""
    content = path.read_bytes()
    try:
        plain = json.loads(content)
        seal = plain.pop(SEAL)
    except (ValueError, KeyError, AttributeError, TypeError):
        return "carries no seal that can be read"
    whole = content == sealed_json(plain) and seal == hashlib.sha256(_canonical(plain)).hexdigest()
    return "" if whole else "the content was changed after it was written"


def page_fault(path: Path) -> str:
    """Why a sealed page is not as it was written; '' where it is."""
    content = path.read_bytes()
    length = len(_page_seal(b""))
    whole = content[-length:] == _page_seal(content[:-length])
    return "" if whole else "the content was changed after it was written, or it carries no seal"


def faults_of(home: Path, root: Path) -> Iterator[str]:
    """Validations and failures of the lake at `root` and pages of the home's site that are not as they were written."""
    for folder in ("validations", "failures"):
        for path in sorted((root / folder).glob("*/*.json")):
            fault = json_fault(path)
            if fault:
                yield f"{path.relative_to(root).as_posix()}: {fault}"
    for path in sorted((home / "reports").rglob("*.html")):
        fault = page_fault(path)
        if fault:
            yield f"{path.relative_to(home).as_posix()}: {fault}"


def _page_seal(content: bytes) -> bytes:
    return _PAGE_SEAL % hashlib.sha256(content).hexdigest().encode()


def _canonical(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(plain, sort_keys=True, indent=1).encode()
