"""The table of a night."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from impact_pipeline.decisions.base import Decision
from impact_pipeline.reports.look import StudyFailure
from impact_pipeline.reports.rows import NOTHING
from impact_pipeline.reports.terminal import summary_rows, summary_table
from impact_pipeline_tests.reports.examples import catalog, plan, results, scorecard, with_results

FAILED = StudyFailure("aged", "study/cells", "orders 2026-03-19 is missing\n[red]second line\x1b[31m")
KNOWN = catalog(plan("ranker_v2"), plan("srm"), plan("aged"), plan("refused"))
ENTRIES = (
    FAILED,
    scorecard("srm", Decision.INVALID, ("Arms do not have their planned shares.",)),
    scorecard(),
    with_results(scorecard("refused", Decision.INCONCLUSIVE, ()), results()[2]),
)


def test_table_shows_every_study_on_its_line() -> None:
    out = StringIO()
    Console(file=out, width=160, color_system=None).print(summary_table(ENTRIES, KNOWN))
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.getvalue().splitlines() if "│" in line]
    assert lines == [
        ["ranker_v2", "Orders per user", "+10.2 %", "+7.1 % to +13.3 %", "ship", "Orders per user is superior."],
        ["refused", NOTHING, NOTHING, NOTHING, "inconclusive", ""],
        ["srm", "Orders per user", "not valid", NOTHING, "invalid", "Arms do not have their planned shares."],
        ["aged", NOTHING, NOTHING, NOTHING, "failed", "study/cells: orders 2026-03-19 is missing [red]second line[31m"],
    ]


def test_rows_hold_plain_numbers() -> None:
    first = summary_rows(ENTRIES, KNOWN)[0]
    assert first == {
        "study": "ranker_v2", "as_of": "2026-03-20", "metric": "orders_per_user@1", "scale": "relative",
        "effect": first["effect"], "lower": first["lower"], "upper": first["upper"], "level": 0.95, "p_value": 0.0004,
        "verdict": "ship", "grade": "A", "reason": "Orders per user is superior.", "exploratory": None,
        "blinded_until": None, "challenges": 0, "withheld": None, "error": None,
    }  # fmt: skip
    assert [round(float(first[name] or 0), 6) for name in ("effect", "lower", "upper")] == [0.102, 0.071, 0.133]


def test_rows_of_invalid_and_failed_studies_hold_no_number() -> None:
    by_study = {row["study"]: row for row in summary_rows(ENTRIES, KNOWN)}
    for name in ("srm", "refused", "aged"):
        assert [by_study[name][field] for field in ("scale", "effect", "lower", "upper", "p_value")] == [None] * 5
    assert by_study["aged"]["error"] == f"study/cells: {FAILED.message}"
    assert by_study["aged"]["verdict"] == "failed"
    assert len({frozenset(row) for row in by_study.values()}) == 1
