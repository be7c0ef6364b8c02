"""Whatever is changed in a lake is named; what is not, holds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.governance.signing import SigningKey
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import canonical_json
from impact_pipeline.stages.data import validate
from impact_pipeline.stages.portfolio import make_impact, make_site
from impact_pipeline.stages.replay import replay
from impact_pipeline.stages.verify import Verified, verify
from impact_pipeline_tests.contracts.orders import stage
from impact_pipeline_tests.small_shop import ENGINE
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY, copy_of, make_looked_home, next_year
from impact_pipeline_tests.stages.small_workspace import LAST
from impact_pipeline_tests.stages.test_staleness import DELIVERED

KEY = "a key of tests only"
OTHER = SigningKey(b"another key of tests")
RESULTS = Path("lake/results") / STUDY


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_looked_home(tmp_path_factory.mktemp("looked"), IMPACT_SIGNING_KEY=KEY)


@pytest.fixture
def home(looked: Path, tmp_path: Path) -> Path:
    return copy_of(looked, tmp_path / "home")


def verified(home: Path, key: SigningKey | None = None, engine: str = ENGINE.name) -> Verified:
    return verify(Lake(home), key, engine)


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old.encode(), new.encode(), 1)


def test_an_untouched_home_holds_with_its_signatures(looked: Path) -> None:
    found = verified(looked, SigningKey(KEY.encode()))
    assert (found.faults, found.remarks, found.results, found.signatures) == ((), (), 8, 2)
    assert str(found).endswith("8 results, 2 signatures: all as recorded")


def test_without_the_key_signatures_are_not_checked_and_that_is_said(looked: Path) -> None:
    found = verified(looked)
    assert (found.holds, found.signatures) == (True, 0)
    assert found.remarks == ("2 results are signed; set IMPACT_SIGNING_KEY to check the signatures",)


def test_a_study_that_runs_on_another_engine_is_announced(looked: Path) -> None:
    told = f"{STUDY} began on {ENGINE.name}; the next look will be made on duckdb 9.9.9"
    running = verified(looked, engine="duckdb 9.9.9").remarks
    final = Lake(looked).results.pointer(STUDY, "scorecard")["as_of"] == LAST.isoformat()
    assert final
    assert told not in running


@pytest.mark.parametrize(
    ("file", "edit", "told"),
    [
        (f"lake/results/{STUDY}/{LAST}/scorecard-*.json", replaced('"mixed_units": 0', '"mixed_units": 1'),
         "the content was changed after it was written"),
        (f"lake/results/{STUDY}/{EARLIER}/findings-*.json", replaced('"passed": true', '"passed": null'),
         "the content was changed after it was written"),
        (f"lake/results/{STUDY}/documents/*.json", replaced("Ranker 2", "Ranker 3"),
         "the content was changed after it was written"),
        (f"lake/results/{STUDY}/current-scorecard.json", replaced("2026-03-08", "2026-03-06"),
         "current-scorecard.json: its date, digest and path do not belong together"),
        (f"lake/results/{STUDY}/current-findings.json", replaced('"made_from": "', '"made_from": "0'),
         "current-findings.json: its result was not made from 0"),
        (f"lake/results/{STUDY}/current-scorecard.json", replaced('"made_from": "', '"made_from": "0'),
         "current-scorecard.json: its result was not made from 0"),
        (f"lake/results/{STUDY}/current-estimates.json", lambda content: content[:-9],
         "current-estimates.json: cannot be read; it was changed after it was written"),
        ("lake/trusted/orders/_delta_log/00000000000000000000.json", replaced("fingerprint\\", "fingerprunt\\"),
         "trusted/orders/_delta_log/00000000000000000000.json: "),
        ("lake/trusted/orders/_delta_log/00000000000000000001.json", replaced('\\"rows\\": 1', '\\"rows\\": 2'),
         "trusted/orders/_delta_log/00000000000000000001.json: what the commit recorded was changed"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named_with_its_place(
    home: Path, file: str, edit: Callable[[bytes], bytes], told: str
) -> None:
    path = next(iter(sorted(home.glob(file))))
    before = path.read_bytes()
    path.write_bytes(edit(before))
    assert path.read_bytes() != before
    assert any(told in fault for fault in verified(home).faults)


def test_money_pages_validations_and_failures_are_held_too(home: Path) -> None:
    workspace = next_year(home)
    make_impact(workspace)
    make_site(workspace)
    stage(workspace.lake, pa.table(DELIVERED), "2026-03-20")
    validate(workspace, "orders", date(2026, 3, 20))
    workspace.lake.failures.record(Failed("raw/orders", "2026-03-21", "SourceError", "gone", "now"))
    assert verified(home).faults == ()
    for file, old, told in (
        ("reports/studies/ranker_v2.html", "Ranker 2", "reports/studies/ranker_v2.html: the content was changed"),
        ("lake/validations/orders/2026-03-20.json", '"rows": 2', "validations/orders/2026-03-20.json: carries"),
        ("lake/failures/raw--orders/2026-03-21.json", "gone", "failures/raw--orders/2026-03-21.json: the content was"),
        ("lake/kpis/impact/_delta_log/00000000000000000000.json", '\\"rows\\"', "kpis/impact/_delta_log/0"),
    ):
        whole = (home / file).read_bytes()
        (home / file).write_bytes(replaced(old, f"{old[:-1]}~")(whole))
        assert (home / file).read_bytes() != whole
        assert [told in fault for fault in verified(home).faults] == [True], file
        (home / file).write_bytes(whole)


def test_a_result_renamed_after_its_forged_content_gives_another_id(home: Path) -> None:
    lake = Lake(home)
    [path] = (home / RESULTS / LAST.isoformat()).glob("scorecard-*.json")
    card = json.loads(path.read_text())
    card["verdict"]["next_step"] = "Ship it."
    lake.results.add(STUDY, "scorecard", LAST, card)
    assert any("its content gives the id" in fault for fault in verified(home).faults)
    assert "its content gives the id" in str(replay(next_year(home), STUDY).differences[0])


def test_a_statement_vouches_for_one_content_one_origin_and_one_key(home: Path) -> None:
    key = SigningKey(KEY.encode())
    [path] = (home / RESULTS / LAST.isoformat()).glob("*.intoto.jsonl")
    [earlier] = (home / RESULTS / EARLIER.isoformat()).glob("*.intoto.jsonl")
    assert any("signed with the key" in fault for fault in verified(home, OTHER).faults)
    path.write_bytes(earlier.read_bytes())
    assert any("is signed for another content" in fault for fault in verified(home, key).faults)
    path.write_bytes(earlier.read_bytes().replace(b'"sig":"', b'"sig":"A'))
    [fault] = verified(home, key).faults
    assert fault.endswith(f"{path.name}: the signature does not hold: the statement was changed after it was signed")


def test_a_result_without_a_statement_is_remarked(home: Path) -> None:
    for path in (home / RESULTS).glob("*/*.intoto.jsonl"):
        path.unlink()
    assert verified(home, OTHER).remarks == ("2 of 2 scorecards are not signed",)


def test_documents_that_are_gone_are_named(home: Path) -> None:
    for path in (home / RESULTS / "documents").glob("*.json"):
        path.unlink()
    faults = verified(home).faults
    assert len(faults) == 2
    assert all(fault.endswith("the documents that it was made by are gone") for fault in faults)


def lake_files(home: Path) -> list[Path]:
    """Everything in the lake that carries rows, states or results."""
    found = (path for path in (home / "lake").rglob("*") if path.is_file())
    return sorted(p for p in found if not p.name.startswith(".") and p.suffix in (".json", ".parquet", ".jsonl"))


@pytest.mark.parametrize("count", [12, pytest.param(400, marks=pytest.mark.slow)])
def test_a_flipped_byte_is_named_or_changes_nothing_that_is_read(looked: Path, tmp_path: Path, count: int) -> None:
    """What is not found lies where nothing is read: the time of a commit, a parquet file's name of its writer."""
    rng, named, key = random.Random(20260302), 0, SigningKey(KEY.encode())
    home = copy_of(looked, tmp_path / "home")
    for path in rng.choices(lake_files(home), k=count):
        whole = path.read_bytes()
        place = rng.randrange(len(whole))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(8))]) + whole[place + 1 :])
        if verified(home, key).holds:
            assert replay(next_year(home), STUDY).equal, f"{path.relative_to(home)} at {place}"
        else:
            named += 1
        path.write_bytes(whole)
    assert named > count / 2
    assert verified(home, key).holds


def test_results_are_written_as_they_are_read(looked: Path) -> None:
    [path] = (looked / RESULTS / LAST.isoformat()).glob("scorecard-*.json")
    assert canonical_json(json.loads(path.read_text())) == path.read_bytes()
