"""Commands as other accounts of the machine run them: by number, without a name or a right of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT_ONLY = "only root can take another account's place"

_AS = """
import os, sys
import typer.rich_utils
import impact_pipeline.cli as cli
import impact_pipeline.catalog.load, impact_pipeline.governance.access_log, impact_pipeline.governance.registration
import impact_pipeline.governance.standing, impact_pipeline.sinks.system_log
account, *groups = map(int, sys.argv.pop(1).split(","))
os.setgroups(groups)
os.setgid(groups[0])
os.setuid(account)
os.umask(0o002)
cli.main()
"""
"""Everything is imported while the account may still read where Python is installed."""


_NAMES = {"LOGNAME", "USER", "LNAME", "USERNAME", "IMPACT_ACTOR"}


@dataclass(frozen=True, slots=True)
class Somebody:
    """An account by its number, and those of its groups, its own first."""

    account: int
    groups: tuple[int, ...]

    def impact(self, home: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        who = ",".join(map(str, (self.account, *self.groups)))
        kept = {name: value for name, value in os.environ.items() if name not in _NAMES}
        given = {**kept, "IMPACT_HOME": str(home), **environ}
        command = [sys.executable, "-c", _AS, who, *words]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every account can look into; those of pytest are its own account's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
