from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.ledger_export import as_csv, as_json
from impact_pipeline_tests.governance.test_ledger import NOW, ledger_of


def exported(home: Path) -> Ledger:
    ledger = ledger_of(home, "a")
    ledger.append("registration", {"study": "b", "reason": "=1+1, said\n'Ada'"}, actor="@ada", now=NOW)
    return ledger


def test_json_holds_every_field(tmp_path: Path) -> None:
    ledger = exported(tmp_path)
    assert json.loads(as_json(ledger.entries())) == [json.loads(line) for line in ledger.lines()]


def test_csv_has_a_row_an_entry_and_runs_no_formula(tmp_path: Path) -> None:
    ledger = exported(tmp_path)
    first, second = csv.DictReader(io.StringIO(as_csv(ledger.entries())))
    assert (first["seq"], first["study"], first["reason"]) == ("0", "a", "")
    assert (second["actor"], second["reason"]) == ("'@ada", "'=1+1, said\n'Ada'")
    assert json.loads(second["payload"])["reason"] == "=1+1, said\n'Ada'"
    assert second["prev"] == first["hash"]
