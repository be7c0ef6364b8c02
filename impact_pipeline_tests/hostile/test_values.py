"""Cases D22, D23 and D34: what rows say stays text in every output, and no secret is in any."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.markdown import summary
from impact_pipeline.stages.conclusion import conclude
from impact_pipeline.stages.portfolio import make_impact, make_portfolio, make_site
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.cases import inputs_of
from impact_pipeline_tests.hostile.visits_home import (
    DATASET,
    DAY,
    DOCUMENTS,
    LAST,
    SECRET,
    STUDY,
    base_rows,
    deliver,
    load,
    look,
    opened,
)
from impact_pipeline_tests.reports.markup import Markup
from impact_pipeline_tests.test_cli import impact

HOSTILE = [*inputs_of("D22"), *inputs_of("D23")]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
TOKEN = "S3cr3t-T0ken"
REFUSED_URL = str(inputs_of("D34")[0]).split(" ")[2]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A look at a study whose segment values are the hostile texts, with its site."""
    made = opened(tmp_path_factory.mktemp("values"))
    for day in (DAY, LAST):
        rows = base_rows(day)
        values = [HOSTILE[n // 2 % len(HOSTILE)] for n in range(rows.num_rows)]
        import pyarrow as pa

        deliver(made, base_rows(day, device=pa.array(values)), day)
        assert load(made, day) == ""
    look(made)
    for stage in (make_impact, make_portfolio, make_site):
        stage(made)
    return made


def test_every_value_is_a_segment_of_the_result(workspace: Workspace) -> None:
    card = current_scorecard(workspace.lake, STUDY)
    assert {result.segment[1] for result in card.estimates.results} >= set(HOSTILE)


def test_no_page_of_the_site_has_anything_live(workspace: Workspace) -> None:
    pages = sorted(workspace.reports.glob("**/*.html"))
    assert [page.stem for page in pages] == ["glossary", "index", "lessons", STUDY]
    for page in pages:
        assert Markup(page.read_text()).live() == [], page.name
    text = Markup(next(p for p in pages if STUDY in p.name).read_text()).text
    assert "<script>alert(1)</script>" in text
    assert "{{7*7}}" in text
    assert "49" not in text.split("{{7*7}}")[1][:12]


def test_markdown_and_terminal_hold_the_values_as_text(workspace: Workspace) -> None:
    """Markdown reaches Dagster's UI, the table a terminal: no cell begins a formula, no control character is left."""
    card = current_scorecard(workspace.lake, STUDY)
    told = summary(Look(card, workspace.catalog.study(STUDY)))
    assert "<script" not in told
    assert "<img" not in told
    out = StringIO()
    with redirect_stdout(out):
        conclude(workspace.catalog, Lake(workspace.home), (), (), as_json=False)
    assert not [c for c in told + out.getvalue() if ord(c) < ord(" ") and c != "\n"]


def test_json_for_scripts_round_trips(workspace: Workspace) -> None:
    out = StringIO()
    with redirect_stdout(out):
        conclude(workspace.catalog, Lake(workspace.home), (), (), as_json=True)
    assert json.loads(out.getvalue())["studies"]


def test_no_output_of_the_home_is_a_table_that_a_spreadsheet_would_open(workspace: Workspace) -> None:
    """Formulas run in spreadsheets; a home has none of their formats, and the ledger's CSV names no value of a row."""
    made = {path.suffix for path in workspace.home.rglob("*") if path.is_file() and "raw" not in path.parts}
    assert made.isdisjoint({".csv", ".tsv", ".xls", ".xlsx"})
    ledger = (workspace.home / "ledger").rglob("*")
    content = b"".join(path.read_bytes() for path in ledger if path.is_file())
    assert not [text for text in HOSTILE if text.encode() in content and len(text) > len("=1+1")]


def bytes_below(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_the_password_of_a_source_that_refuses_is_nowhere(tmp_path: Path) -> None:
    """Through the command, with every file that it leaves read byte by byte."""
    source = (
        "type: database\nname: site\nowner: team:web\ndescription: test\nurl: env:SITE_URL\nfirst_day: 2026-03-05\n"
        "datasets:\n  visits: {table: visits, day_column: event_ts}\n"
    )
    workspace = opened(tmp_path, {"sources/site.yaml": source})
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {"SITE_URL": REFUSED_URL, **SECRET}.items():
            patched.setenv(name, value)
        done = impact("nightly", "--date", DAY.isoformat(), home=tmp_path)
    assert TOKEN in REFUSED_URL
    assert done.returncode == 2, done.stderr
    assert f"failed: raw/{DATASET} {DAY}" in done.stderr
    told = done.stdout + done.stderr
    assert TOKEN not in told
    left = bytes_below(tmp_path)
    assert TOKEN.encode() not in left
    assert SECRET["IMPACT_PSEUDONYM_KEY"].encode() not in left
    assert workspace.lake.failures.of(f"raw/{DATASET}", DAY.isoformat()) is not None


def test_no_raw_id_is_in_anything_that_a_look_leaves(workspace: Workspace) -> None:
    source = workspace.home / "raw" / "visits"
    left = b"".join(p.read_bytes() for p in workspace.home.rglob("*") if p.is_file() and source not in p.parents)
    assert b"u-000001" not in left
    assert DOCUMENTS["studies/shorter_page.yaml"].encode() in left
