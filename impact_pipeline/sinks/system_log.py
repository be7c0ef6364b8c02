"""The operating system's log: accounts can add to it what they may not write elsewhere, and take nothing back."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

SOCKETS = (Path("/dev/log"), Path("/var/run/syslog"))
SECURITY, WARNING = 4, 4
"""Facility and severity of RFC 3164."""


def told_to_system_log(line: str, sockets: Sequence[Path] = SOCKETS) -> bool:
    """Whether one of the sockets took the line."""
    return any(_sent(line, path) for path in sockets)


def _sent(line: str, path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.connect(str(path))
            log.send(f"<{SECURITY * 8 + WARNING}>impact: {line}".encode())
    except OSError:
        return False
    return True
