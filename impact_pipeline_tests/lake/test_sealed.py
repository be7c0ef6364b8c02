"""Files that carry their own digest: every flipped byte is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.lake.failures import Failed, Failures
from impact_pipeline.lake.sealed import faults_of, json_fault, page_fault, read_sealed, sealed_json, sealed_page

PLAIN = {"key": "a", "report": {"rows": 3, "share": 0.25, "names": ["ä", ""]}}
PAGE = "<!doctype html>\n<p>ship</p>\n"


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "fault_of"), [(sealed_json(PLAIN), json_fault), (sealed_page(PAGE), page_fault)], ids=["json", "page"]
)
def test_every_flipped_byte_is_a_fault(tmp_path: Path, content: bytes, fault_of: object) -> None:
    assert callable(fault_of)
    path = written(tmp_path / "file", content)
    assert fault_of(path) == ""
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert fault_of(path) != "", place
    for cut in (content[:-1], content + b"\n", content[:-40], b""):
        path.write_bytes(cut)
        assert fault_of(path) != "", cut


def test_what_is_sealed_reads_as_it_was(tmp_path: Path) -> None:
    assert read_sealed(written(tmp_path / "a.json", sealed_json(PLAIN))) == PLAIN


def test_validations_failures_and_pages_are_held_against_their_seals(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    Failures(lake / "failures").record(Failed("raw/orders", "2026-03-05", "SourceError", "gone", "now"))
    written(lake / "validations" / "orders" / "2026-03-05.json", sealed_json(PLAIN).replace(b'"a"', b'"b"'))
    written(tmp_path / "reports" / "index.html", sealed_page(PAGE))
    written(tmp_path / "reports" / "studies" / "a.html", PAGE.encode())
    assert list(faults_of(tmp_path, lake)) == [
        "validations/orders/2026-03-05.json: the content was changed after it was written",
        "reports/studies/a.html: the content was changed after it was written, or it carries no seal",
    ]
