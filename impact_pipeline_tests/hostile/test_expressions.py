"""Cases D01 to D13: whatever a metric's text says, the engine sees only what the allowlist rebuilt."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from impact_pipeline_tests.hostile.cases import inputs_of, of_surface
from impact_pipeline_tests.hostile.visits_home import (
    DOCUMENTS,
    STUDY,
    base_rows,
    deliver,
    load,
    look,
    opened,
    write_documents,
)

REJECTED = list(of_surface("metric_expression", "reject"))
ROWS_OF_THEIR_OWN = ("revenue", "1")
"""Case D10 asks for an aggregate. Metric types are the aggregates here: a measure of a row may be a column or 1."""

WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from impact_pipeline.cli import app
try:
    app(["check", "--home", sys.argv[1], "--json"], standalone_mode=False)
finally:
    outside = [name for name in opened if name.startswith(("/etc/passwd", "/srv/"))]
    sys.stderr.write(repr((outside, "impact_pipeline.engines.duckdb" in sys.modules)))
"""

FACT = DOCUMENTS["facts/visits.yaml"]
METRIC = DOCUMENTS["metrics/revenue.yaml"]


def documents_of(number: int, text: str) -> dict[str, str]:
    """The text wherever a document takes or might be thought to take an expression."""
    written, name = json.dumps(text), f"case_{number}"
    renamed = METRIC.replace("name: revenue", f"name: {name}")
    found = {
        f"metrics/{name}.yaml": renamed.replace("{fact: visits, measure: revenue}", written),
        f"metrics/filter_{name}.yaml": METRIC.replace("name: revenue", f"name: filter_{name}").replace(
            "measure: revenue}", f"measure: revenue, filter: {written}}}"
        ),
    }
    if text not in ROWS_OF_THEIR_OWN:
        fact = FACT.replace("name: visits", f"name: {name}").replace('"coalesce(revenue, 0)"', written)
        found[f"facts/{name}.yaml"] = fact
    return found


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, list[str]], str]:
    """What `impact check` says of every rejected text, file by file; and which files it opened outside."""
    home = tmp_path_factory.mktemp("expressions")
    texts = [parameter.values[1] for parameter in REJECTED]
    written = {file: text for n, given in enumerate(texts) for file, text in documents_of(n, given).items()}
    write_documents(home, written)
    line = [sys.executable, "-c", WATCHED, str(home)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    told: dict[str, list[str]] = {file: [] for file in written}
    for issue in json.loads(done.stdout)["issues"]:
        told[issue["file"]].append(issue["message"])
    return told, done.stderr


@pytest.mark.parametrize("number", range(len(REJECTED)), ids=[str(p.id) for p in REJECTED])
def test_a_rejected_text_is_refused_wherever_it_stands_and_not_quoted(
    checked: tuple[Mapping[str, list[str]], str], number: int
) -> None:
    text, (told, _) = str(REJECTED[number].values[1]), checked
    for file in documents_of(number, text):
        assert told[file], f"{file} was accepted"
        if file.startswith("facts/"):
            assert not any(text in message for message in told[file])


def test_no_text_reaches_an_engine_and_no_file_outside_is_opened(
    checked: tuple[Mapping[str, list[str]], str],
) -> None:
    assert checked[1] == repr(([], False))


ACCEPTED: dict[str, tuple[str, str | None, str]] = {
    "sum(revenue)": ("revenue", None, "total"),
    "sum(revenue)/nullif(count(*),0)": ("revenue", None, "per_row"),
    "sum(case when device='ios' then revenue else 0 end)": ("case when device='ios' then revenue else 0 end", None,
                                                            "total"),
    "count(distinct device)": ("", None, "no metric type counts distinct values"),
    "sum(revenue) filter (where is_new)": ("revenue", "clicks > 0", "total"),
    "avg(least(revenue,1000))": ("least(revenue,1000)", None, "per_row"),
    "sum(coalesce(revenue,0)*1.2)": ("coalesce(revenue,0)*1.2", None, "total"),
    "sum(case when device='it''s; drop table x --' then 1 else 0 end)": (
        "case when device='it''s; drop table x --' then 1 else 0 end", None, "total",
    ),
}  # fmt: skip
"""A legitimate aggregate -> the measure of one row, the filter, and how a metric type adds it up. The files have no
column `is_new`: another condition stands for it."""


def test_every_legitimate_text_has_its_document() -> None:
    assert list(ACCEPTED) == inputs_of("D13")


@pytest.mark.parametrize("text", [text for text, (measure, _, _) in ACCEPTED.items() if measure])
def test_a_legitimate_text_is_accepted_and_gives_a_number(tmp_path: Path, text: str) -> None:
    measure, condition, form = ACCEPTED[text]
    used = "{fact: visits, measure: revenue" + (f", filter: {json.dumps(condition)}" if condition else "") + "}"
    metric = METRIC.replace("{fact: visits, measure: revenue}", used)
    if form == "per_row":
        parts = f"numerator: {used}\ndenominator: {{fact: visits, measure: visits}}"
        metric = metric.replace(f"value: {used}", parts).replace("type: mean", "type: ratio")
    changes = {
        "facts/visits.yaml": FACT.replace('"coalesce(revenue, 0)"', json.dumps(measure)),
        "metrics/revenue.yaml": metric,
        "studies/shorter_page.yaml": DOCUMENTS["studies/shorter_page.yaml"].replace("2026-03-06", "2026-03-05"),
    }
    workspace = opened(tmp_path, changes)
    deliver(workspace, base_rows(revenue=filled()))
    assert load(workspace) == ""
    look(workspace)
    [first, *_] = workspace.lake.results.current(STUDY, "estimates", dict).value["estimates"]["results"]
    assert first["type"] == "estimate" or first["reason"] == "zero_variance"


def filled() -> Any:
    """Revenue with no value missing: not every legitimate text says what a missing one counts for."""
    import pyarrow.compute as pc

    return pc.fill_null(base_rows()["revenue"], 0.0)
