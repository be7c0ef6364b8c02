"""Five million rows, in bounded time and memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = 5_000_000
SECONDS, GIGABYTES = 120, 3.0
"""Several times what it takes by itself: the machine may be busy."""
SPECIFICATION = """apiVersion: impact-analysis/v1
data: rows.parquet
design: {type: randomized, arm: arm, control: a}
segments: [country]
unit: user
metrics:
  - {name: mean, type: mean, value: y, covariates: [x]}
  - {name: ratio, type: ratio, numerator: y, denominator: x + 1}
  - {name: p95, type: quantile, value: y, quantile: 0.95}
"""


@pytest.mark.slow
def test_five_million_rows_fit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "user": pa.array(np.arange(ROWS)).cast(pa.string()), "arm": np.array(["a", "b", "c"])[rng.integers(0, 3, ROWS)],
        "country": np.array(list("defghijklm"))[rng.integers(0, 10, ROWS)],
        "x": rng.gamma(2, 10, ROWS).round(2), "y": rng.gamma(2, 5, ROWS).round(2),
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    (tmp_path / "spec.yaml").write_text(SPECIFICATION)
    main = "from impact_pipeline.cli import main; main()"
    command = [sys.executable, "-c", main, "analyze", str(tmp_path / "spec.yaml"), "--json"]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=SECONDS, check=True)
    answer = json.loads(done.stdout)
    assert sum(answer["units"].values()) == ROWS
    assert {result["type"] for result in answer["results"]} == {"estimate"}
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20 < GIGABYTES
