"""Turn the sources' CSVs of published studies into the Parquet files of the delivery beside this script.

python make_parquet.py FOLDER      # FOLDER holds the seven files that ATTRIBUTION.md names
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

DELIVERED = "2026-03-02"
QUARTER_STARTS = {"1": "01", "2": "04", "3": "07", "4": "10"}
PARTICIPANT = ("age", "educ", "black", "hisp", "married", "nodegr", "re74", "re75", "u74", "u75", "re78")
REGIONS = tuple(f"reg66{region}" for region in range(2, 10))
WORKER = ("educ", "nearc4", "exper", "expersq", "black", "smsa", "south", "smsa66", *REGIONS)
AMOUNTS = frozenset({"re74", "re75", "re78"})


def instants(days: Iterable[str]) -> pd.DatetimeIndex:
    """Days as their first instant."""
    return pd.to_datetime(list(days), utc=True).as_unit("us")


def years(values: pd.Series) -> pd.DatetimeIndex:
    """Years as their first instant."""
    return instants(f"{int(year)}-01-01" for year in values)


def delivered(rows: pd.DataFrame) -> pd.DatetimeIndex:
    """The day of delivery, of rows that have no time of their own."""
    return instants([DELIVERED] * len(rows))


def measured(rows: pd.DataFrame, names: Iterable[str]) -> dict[str, pd.Series]:
    """Columns as they are called in the source: amounts as doubles, everything else as whole numbers."""
    return {name: rows[name].astype("float64" if name in AMOUNTS else "int64") for name in names}


def cigarette_sales(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "california_prop99.csv", sep=";")
    columns = {"state_id": rows.State, "state": rows.State, "sold_in": years(rows.Year), "packs": rows.PacksPerCapita}
    return pd.DataFrame(columns)


def organ_donor_rates(folder: Path) -> pd.DataFrame:
    """Quarters are written Q42010."""
    rows = pd.read_csv(folder / "organ_donation.csv")
    days = instants(f"{quarter[2:]}-{QUARTER_STARTS[quarter[1]]}-01" for quarter in rows.Quarter)
    return pd.DataFrame({"state_id": rows.State, "state": rows.State, "counted_in": days, "donor_rate": rows.Rate})


def state_laws(_: Path) -> pd.DataFrame:
    """Known from the papers: when each law took effect."""
    laws = {"tobacco_control": "1989-01-01", "active_choice": "2011-07-01"}
    columns = {"law": list(laws), "state_id": "California", "effective_at": instants(laws.values()), "arm": "changed"}
    return pd.DataFrame(columns)


def teen_employment(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "mpdta.csv")
    counties = {"county_id": rows.countyreal.astype(str), "employed_in": years(rows.year)}
    return pd.DataFrame({**counties, "log_teen_employment": rows.lemp, "log_population": rows.lpop})


def minimum_wage_rises(folder: Path) -> pd.DataFrame:
    """Counties of states that raised it; `first.treat` is 0 elsewhere."""
    rows = pd.read_csv(folder / "mpdta.csv")
    first = rows[rows["first.treat"] > 0].groupby("countyreal")["first.treat"].first()
    return pd.DataFrame({"county_id": first.index.astype(str), "raised_at": years(first), "arm": "raised"})


def training_participants(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "lalonde.csv")
    names = [f"nsw-{place:03d}" for place in range(len(rows))]
    arm = rows.treat.map({1: "trained", 0: "untrained"})
    return pd.DataFrame(
        {"participant_id": names, "recorded_at": delivered(rows), "arm": arm, **measured(rows, PARTICIPANT)}
    )


def senate_elections(folder: Path) -> pd.DataFrame:
    """Elections with a next vote; the same seat elected twice in a year is told apart by a running number."""
    rows = pd.read_csv(folder / "rdrobust_RDsenate.csv").dropna(subset=["margin", "vote"]).reset_index(drop=True)
    parts = [rows.state, *(rows[name].astype(str) for name in ("year", "class"))]
    twice = rows.groupby(["state", "year", "class"]).cumcount().astype(str)
    names = parts[0].str.cat([*parts[1:], twice], sep="-")
    arm = (rows.margin >= 0).map({True: "won", False: "lost"})
    columns = {"election_id": names, "recorded_at": delivered(rows), "arm": arm, "margin": rows.margin}
    return pd.DataFrame({**columns, "next_vote": rows.vote})


def young_men_wages(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "card.csv.bz2")
    columns = {"worker_id": rows.id.astype(str), "recorded_at": delivered(rows), "arm": "asked", "log_wage": rows.lwage}
    return pd.DataFrame({**columns, **measured(rows, WORKER)})


def river_flows(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "nile.csv")
    return pd.DataFrame({"river_id": "Nile", "flowed_in": years(rows.year), "volume": rows.volume.astype("int64")})


def dams(_: Path) -> pd.DataFrame:
    """Known from the paper."""
    return pd.DataFrame({"river_id": ["Nile"], "begun_at": instants(["1899-01-01"]), "arm": ["dammed"]})


DATASETS: tuple[Callable[[Path], pd.DataFrame], ...] = (
    cigarette_sales, organ_donor_rates, state_laws, teen_employment, minimum_wage_rises, training_participants,
    senate_elections, young_men_wages, river_flows, dams,
)  # fmt: skip


def main(folder: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for dataset in DATASETS:
        dataset(folder).to_parquet(target / f"{dataset.__name__}.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"{__doc__}\ngive one folder")
    main(Path(sys.argv[1]), Path(__file__).parent / DELIVERED)
