"""Every hostile case is judged somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from impact_pipeline_tests.hostile.cases import all_cases

HERE = Path(__file__).parent


def test_every_case_is_judged() -> None:
    judged = {id_ for path in HERE.glob("test_*.py") if path.name != "test_cases.py" for id_ in told(path)}
    assert judged == all_cases().keys()


def told(path: Path) -> set[str]:
    """Cases that a module's first line names: 'D14 to D21', 'D22, D23 and D34'."""
    first = path.read_text().split("\n")[0]
    spans = [(int(a), int(b)) for a, b in re.findall(r"D(\d\d) to D(\d\d)", first)]
    named = {f"D{n}" for n in re.findall(r"D(\d\d)", first)}
    return named | {f"D{n:02}" for a, b in spans for n in range(a, b + 1)}
