"""The environment that a result was computed in: what may change the last bit of a number beside code and data."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import impact_pipeline

LIBRARIES = ("deltalake", "numpy", "pyarrow", "scikit-learn", "scipy", "sqlglot", "statsmodels")
LOCK_FILE = "requirements.lock"


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions and settings.

    `blas` is numpy's library and its kind of core; `lock` the digest of the lock file, '' where there is none beside
    the package.
    """

    python: str
    platform: str
    libraries: dict[str, str] = field(default_factory=dict)
    blas: str = ""
    blas_threads: int | None = None
    lock: str = ""

    def as_rows(self) -> list[tuple[str, str]]:
        """What a reader is shown, as (label, value).

        >>> Environment("3.11.9", "Linux x86_64", {"numpy": "2.4.6"}).as_rows()
        [('Python', '3.11.9 on Linux x86_64'), ('Libraries', 'numpy 2.4.6')]
        """
        rows = [("Python", f"{self.python} on {self.platform}")]
        rows += [("Libraries", ", ".join(f"{name} {found}" for name, found in sorted(self.libraries.items())))]
        if self.blas:
            threads = "" if self.blas_threads is None else f", threads: {self.blas_threads}"
            rows.append(("Linear algebra", f"{self.blas}{threads}"))
        return [*rows, *([("Lock file", self.lock)] if self.lock else [])]


@cache
def environment_here() -> Environment:
    """The environment of this process, read once."""
    blas, threads = _blas()
    where = f"{platform.system()} {platform.machine()}"
    return Environment(platform.python_version(), where, _libraries(), blas, threads, _lock())


def changes(then: Environment, now: Environment) -> tuple[str, ...]:
    """What differs between two environments, in words.

    >>> changes(Environment("3.11.9", "Linux"), Environment("3.12.1", "Linux"))
    ('python was 3.11.9 and is 3.12.1',)
    """
    pairs = [(name, getattr(then, name), getattr(now, name)) for name in ("python", "platform", "blas", "blas_threads")]
    names = sorted({*then.libraries, *now.libraries})
    pairs += [(name, then.libraries.get(name), now.libraries.get(name)) for name in names]
    pairs.append(("lock file", then.lock, now.lock))
    return tuple(
        f"{name} was {old or 'not there'} and is {new or 'not there'}" for name, old, new in pairs if old != new
    )


def _libraries() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _blas() -> tuple[str, int | None]:
    import numpy as np
    from threadpoolctl import threadpool_info

    own = str(Path(np.__file__).resolve().parent)
    for pool in threadpool_info():
        if pool["user_api"] == "blas" and str(Path(pool["filepath"]).resolve()).startswith(own):
            kind = f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
            return kind, int(pool["num_threads"])
    return "", None


def _lock() -> str:
    path = Path(impact_pipeline.__file__).parents[1] / LOCK_FILE
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
