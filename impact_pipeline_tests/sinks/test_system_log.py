from __future__ import annotations

import socket
from pathlib import Path

from impact_pipeline.sinks.system_log import told_to_system_log


def test_the_first_socket_that_is_there_takes_the_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        assert told_to_system_log("refused to eve", [tmp_path / "nothing", tmp_path / "log"])
        assert log.recv(200) == b"<36>impact: refused to eve"


def test_without_a_log_the_line_is_not_taken(tmp_path: Path) -> None:
    assert not told_to_system_log("refused to eve", [tmp_path / "nothing"])
