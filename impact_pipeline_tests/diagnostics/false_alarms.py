"""How often sound studies fail a check: no more than its threshold promises, and printed by the slow tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import ArrayLike

CHANCE = 3.5
"""Monte-Carlo standard errors that a rate may lie above its promise: once in 4,000."""


def alarm_rate(p: ArrayLike, alpha: float) -> float:
    return float(np.mean(np.asarray(p) <= alpha))


def assert_kept(p: ArrayLike, *alphas: float) -> None:
    for alpha in alphas:
        assert alarm_rate(p, alpha) <= alpha + CHANCE * np.sqrt(alpha * (1 - alpha) / len(np.asarray(p)))


def assert_uniform_below_half(p: ArrayLike) -> None:
    """Half of exact p-values lie below 0.5."""
    assert np.mean(np.asarray(p) < 0.5) == pytest.approx(0.5, abs=CHANCE * 0.5 / np.sqrt(len(np.asarray(p))))


def tell_rates(
    capsys: pytest.CaptureFixture[str], drawn: Mapping[str, ArrayLike], alphas: Sequence[float], what: str = ""
) -> None:
    """Print the rates of each kind of draws beside what is promised, and hold them to it."""
    width = max(len(what), *map(len, drawn))
    lines = [f"{what:{width}} {'promised':>9} {'rate':>9} {'draws':>7}"]
    for name, p in drawn.items():
        lines += [f"{name:{width}} {a:9.4f} {alarm_rate(p, a):9.4f} {len(np.asarray(p)):7d}" for a in alphas]
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201
    for p in drawn.values():
        assert_kept(p, *alphas)
