from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.governance.anchors import Anchor, anchor_of
from impact_pipeline.sinks.anchor_places import add_to_file, anchors_at, anchors_of_tags, post, tag
from impact_pipeline_tests.governance.test_ledger import ledger_of

FIRST, SECOND = Anchor(1, "a" * 64, "2026-03-02T12:00:00+00:00"), Anchor(4, "b" * 64, "2026-03-03T12:00:00+00:00")


def test_a_file_gathers_anchors(tmp_path: Path) -> None:
    place = tmp_path / "anchors.jsonl"
    add_to_file(FIRST, place)
    add_to_file(SECOND, place)
    assert anchors_at(str(place)) == (FIRST, SECOND)


def test_a_file_without_anchors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no anchors can be read here"):
        anchors_at(str(tmp_path / "nothing"))
    (tmp_path / "other").write_text('{"seq": 1}\n')
    with pytest.raises(InputError, match=r"other:1: not an anchor; write one as"):
        anchors_at(str(tmp_path / "other"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for line in (
        "init -q",
        "config user.email ada@example.org",
        "config user.name Ada",
        "commit -q --allow-empty -m x",
    ):
        subprocess.run(["git", "-C", str(tmp_path), *line.split()], check=True)
    return tmp_path


def test_git_tags_keep_anchors(repository: Path) -> None:
    tag(FIRST, "ledger-1", repository)
    tag(SECOND, "ledger-2", repository)
    assert anchors_of_tags("ledger-2", repository) == (SECOND,)
    assert set(anchors_of_tags("ledger-*", repository)) == {FIRST, SECOND}
    with pytest.raises(InputError, match=r"git tag: .*already exists"):
        tag(FIRST, "ledger-1", repository)
    with pytest.raises(InputError, match="no tag matches 'other'"):
        anchors_of_tags("other", repository)


class Keeper(BaseHTTPRequestHandler):
    """Keeps what is posted to /anchors, and gives it back; knows no other path."""

    kept: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/anchors":
            self.kept.append(body)
        self._answer(201 if self.path == "/anchors" else 404, b"")

    def do_GET(self) -> None:
        self._answer(200, b"\n".join(self.kept))

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    Keeper.kept.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/anchors"
        server.shutdown()


def test_an_endpoint_keeps_anchors(endpoint: str) -> None:
    post(FIRST, endpoint)
    post(SECOND, endpoint)
    assert anchors_at(endpoint) == (FIRST, SECOND)


def test_an_endpoint_that_does_not_take_it_is_named(endpoint: str) -> None:
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 answered 404 to the ledger's anchor"):
        post(FIRST, endpoint.replace("anchors", "nowhere"))
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 did not answer"):
        post(FIRST, "http://127.0.0.1:9/anchors")
    with pytest.raises(InputError, match="'file:///etc/passwd' is no URL of an endpoint"):
        post(FIRST, "file:///etc/passwd")


def test_an_empty_ledger_has_no_anchor(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to anchor"):
        anchor_of(ledger_of(tmp_path).head())
