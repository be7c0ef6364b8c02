"""A user of the company erased after all nights: out of the lake, Dagster's databases and logs; the night goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised
from impact_pipeline.lake.byte_scan import scanned
from impact_pipeline.lake.sought import Sought
from impact_pipeline.world.population import user_ids
from impact_pipeline_tests.end_to_end.company import KEY, NIGHTS, STUDIES, copied, impact, nightly

NUMBER = 674
"""A user who was exposed in every study, and ordered."""


def pointers(home: Path) -> dict[str, bytes]:
    return {
        path.parent.name: path.read_bytes() for path in (home / "lake" / "results").glob("*/current-scorecard.json")
    }


@pytest.mark.slow
def test_a_user_goes_and_the_nights_go_on(homes: Path, tmp_path: Path) -> None:
    home, ids = copied(homes / "done", tmp_path / "home"), tmp_path / "gone.ids"
    gone = str(user_ids(NUMBER + 1)[NUMBER])
    [pseudonym] = pseudonymised(pa.array([gone]), "user", SecretKey(KEY.encode())).to_pylist()
    unit = Sought((gone,), (pseudonym,))
    ids.write_text(gone)
    own = tmp_path / "temporary"
    own.mkdir()
    before = pointers(home)
    asked = ["--entity", "user", "--id-file", str(ids), "--request", "R-7", "--reason", "asked for it"]
    done = impact(home, "erase", *asked, "--actor", "dpo", "--json", TMPDIR=str(own))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert all(told["tables"][name] for name in ("raw", "trusted/exposures", "trusted/orders", "unit_days/orders"))
    assert {name for name in told["tables"] if name.startswith("study/")} == {f"study/exposures/{s}" for s in STUDIES}
    assert any(place.startswith("raw/shop/") for place in told["yours"])
    assert scanned([home / name for name in ("lake", "ledger", "reports", "dagster")], unit).clean
    replayed = impact(home, "replay", "--all")
    assert replayed.returncode == 0, replayed.stdout
    assert replayed.stdout.count(": inputs lawfully reduced by ") == len(STUDIES)
    assert impact(home, "verify").returncode == 0
    nightly(home, NIGHTS[-1])
    assert pointers(home) == before
    assert impact(home, "verify").returncode == 0
    assert scanned([home / name for name in ("lake", "ledger", "reports", "dagster")], unit).clean
