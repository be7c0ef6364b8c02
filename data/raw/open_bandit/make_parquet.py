"""Turn the Open Bandit Dataset's sample CSVs into the Parquet files beside this script.

python make_parquet.py FOLDER      # FOLDER holds {random,bts}/{all,men,women}/*.csv, as in the obp 0.4.1 wheel
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

POLICIES = ("random", "bts")
CAMPAIGNS = ("all", "men", "women")
MEASURED = ("item_id", "position", "click", "propensity_score")
FEATURES = tuple(f"user_feature_{index}" for index in range(4))


def impressions(path: Path, policy: str, campaign: str) -> pa.Table:
    """The rows of one CSV, in order of time; the row's index in the file makes its `impression_id`."""
    rows = csv.read_csv(path)
    index = rows.column(rows.column_names[0]).cast(pa.string())
    named = {
        "impression_id": pc.binary_join_element_wise(pa.scalar(policy), pa.scalar(campaign), index, "-"),
        "policy": pa.array([policy] * rows.num_rows),
        "campaign": pa.array([campaign] * rows.num_rows),
        "impressed_at": rows.column("timestamp").cast(pa.timestamp("us", tz="UTC")),
        **{name: rows.column(name) for name in MEASURED + FEATURES},
    }
    return pa.table(named).sort_by("impressed_at")


def main(folder: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for policy in POLICIES:
        for campaign in CAMPAIGNS:
            table = impressions(folder / policy / campaign / f"{campaign}.csv", policy, campaign)
            pq.write_table(table, target / f"{policy}-{campaign}.parquet", compression="zstd", compression_level=19)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"{__doc__}\ngive one folder")
    main(Path(sys.argv[1]), Path(__file__).parent / "impressions")
