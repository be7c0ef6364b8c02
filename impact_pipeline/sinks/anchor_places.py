"""Places that keep anchors of the ledger: a file, a git tag, or an HTTP endpoint."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.governance.anchors import Anchor, read_anchors
from impact_pipeline.lake.files import sync_directory

TIMEOUT = 20.0
MOST_BYTES = 16 << 20


def add_to_file(anchor: Anchor, path: Path) -> None:
    """Append a line; on disk on return."""
    with path.open("ab") as file:
        file.write(anchor.line().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def tag(anchor: Anchor, name: str, repository: Path) -> None:
    """An annotated tag whose message is the anchor; push it, and whoever holds a clone holds it too."""
    _git(repository, "tag", "--annotate", "--message", anchor.line(), "--", name)


def post(anchor: Anchor, url: str) -> None:
    """POST the anchor as JSON; raises `SourceError` unless the answer is a success."""
    _answer(url, anchor.line().encode())


def anchors_at(place: str) -> tuple[Anchor, ...]:
    """The anchors of a file, or of a URL that answers with lines as `post` sent them."""
    if _is_url(place):
        return read_anchors(_answer(place), place)
    try:
        return read_anchors(Path(place).read_text(encoding="utf-8"), place)
    except OSError as error:
        raise InputError(
            f"{place}: no anchors can be read here ({type(error).__name__}); name a file or a URL"
        ) from None


def anchors_of_tags(pattern: str, repository: Path) -> tuple[Anchor, ...]:
    """The anchors of all tags that match, by git's patterns; raises `InputError` where none does."""
    told = _git(repository, "tag", "--list", "--format=%(contents:subject)", "--", pattern)
    if not told.strip():
        raise InputError(f"{repository}: no tag matches '{pattern}'; `git tag --list` names them")
    return read_anchors(told, f"tag {pattern}")


def _is_url(place: str) -> bool:
    return urllib.parse.urlsplit(place).scheme in ("http", "https")


def _answer(url: str, posted: bytes | None = None) -> str:
    if not _is_url(url):
        raise InputError(f"'{url}' is no URL of an endpoint; write it as https://host/path")
    host, kind = urllib.parse.urlsplit(url).hostname, {"Content-Type": "application/json"}
    request = urllib.request.Request(url, posted, kind if posted else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            text: bytes = answer.read(MOST_BYTES)
            return text.decode("utf-8", errors="replace")
    except urllib.error.HTTPError as error:
        raise SourceError(f"{host} answered {error.code} to the ledger's anchor") from None
    except OSError as error:
        raise SourceError(f"{host} did not answer ({type(error).__name__}); is the endpoint up?") from None


def _git(repository: Path, *arguments: str) -> str:
    line = ["git", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    except OSError:
        raise InputError("git was not found; install it, or anchor with --file or --url") from None
    if done.returncode:
        raise InputError(f"git {arguments[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout
