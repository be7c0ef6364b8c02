"""Small homes with a verdict, and the UI served over one, for the browser to look at."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from impact_pipeline.defs.night import operating

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "data"
STUDY, DATASET = "open_bandit_bts_vs_random", "open_bandit_impressions"
FIRST_DAY, DAYS = date(2019, 11, 24), 3
DATA_DAY = FIRST_DAY.isoformat()
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)

STARTS_WITHIN = 90.0
ENDS_WITHIN = 10.0

_DOCUMENTS = (
    "sources/open_bandit.yaml", "contracts/open_bandit_impressions.yaml", "facts/impressions.yaml",
    "metrics/click_through.yaml", "models/fashion_recommender.yaml", f"studies/{STUDY}.yaml",
)  # fmt: skip


def make_home(home: Path, days: int = DAYS) -> Path:
    """The bundled real data's first days, each loaded and looked at; direction is shown before the planned look."""
    for name in _DOCUMENTS:
        path = home / "catalog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BUNDLED / "catalog" / name, path)
    with (home / "catalog" / "studies" / f"{STUDY}.yaml").open("a") as plan:
        plan.write("governance: {blinding: false}\n")
    shutil.copytree(BUNDLED / "raw" / "open_bandit", home / "raw" / "open_bandit")
    with operating(home, threads=1) as operator:
        for number in range(days):
            assert operator.night(FIRST_DAY + timedelta(days=number)).failed == ()
    return home


def lose_last_day(home: Path) -> Path:
    """A night in which the last day was not delivered; it lies where it belongs now, but nothing was redone."""
    delivered = home / "raw" / "open_bandit" / "impressions"
    late = delivered.rename(delivered.with_name("late"))
    with operating(home, threads=1) as operator:
        failed = operator.night(LAST_DAY).failed
    assert [(f.asset, f.partition) for f in failed] == [(f"raw/{DATASET}", LAST_DAY.isoformat())]
    late.rename(delivered)
    return home


@contextmanager
def served(home: Path, log: Path, *options: str, **settings: str) -> Iterator[str]:
    """The address of `impact ui` over `home`; the whole process group is gone when the block ends."""
    port = free_port()
    environ = {**os.environ, "DAGSTER_DISABLE_TELEMETRY": "1", **settings}
    impact = Path(sys.executable).with_name("impact")
    command = [str(impact), "ui", "--home", str(home), "--port", str(port), *options]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output, start_new_session=True)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_serving(server, address, log)
            yield address
        finally:
            _end_group(server)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_serving(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the UI did not come up (exit code {server.poll()}):\n{log.read_text()[-3000:]}")


def _end_group(server: subprocess.Popen[bytes]) -> None:
    """SIGINT, as from a terminal; what is still there of the group after a while is killed."""
    for sent in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(server.pid, sent)
        except ProcessLookupError:
            break
        _wait_until_gone(server)
    server.wait()


def _wait_until_gone(server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < deadline:
        server.poll()
        try:
            os.killpg(server.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
