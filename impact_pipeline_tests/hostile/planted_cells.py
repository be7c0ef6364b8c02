"""Users of whom small cells are planted: rare values, days that few joined, and few whom one study leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, product
from pathlib import Path

import pyarrow as pa

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.stages.portfolio import scorecards
from impact_pipeline.stages.study import STAGES, look_date
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.attacker import Atom
from impact_pipeline_tests.hostile.visits_home import DOCUMENTS, deliver, load, opened

FIRST, SECOND = "shorter_page", "warmer_page"
ARMS = ("control", "treatment")
DAYS = tuple(date(2026, 3, 5) + timedelta(days=n) for n in range(4))
LEFT_OUT = "left_out"
"""The country whose few users the second study leaves out."""

USERS: Mapping[date, Mapping[tuple[str, str], int]] = {
    DAYS[0]: {("ios", "north"): 60, ("web", "south"): 70, ("tab", "north"): 13, ("rare", "north"): 3,
              ("ios", LEFT_OUT): 2, ("web", "north"): 20},
    DAYS[1]: {("ios", "north"): 2, ("web", "south"): 40, ("web", "north"): 15},
    DAYS[2]: {("web", "south"): 3, ("ios", "north"): 1},
    DAYS[3]: {("ios", "north"): 40, ("web", "south"): 30, ("tab", "north"): 12, ("rare", "north"): 1},
}  # fmt: skip
"""Day -> (device, country) -> users in each pair of arms of the two studies."""

_COLUMNS = """      - {name: country, logicalType: string, physicalType: VARCHAR}
      - {name: other_arm, logicalType: string, physicalType: VARCHAR, required: true}
      - {name: event_ts"""
_PLAN = (
    DOCUMENTS["studies/shorter_page.yaml"]
    .replace("ends: 2026-03-06", f"ends: {DAYS[-1]}\ngovernance: {{blinding: false}}")
    .replace(
        "  device: {type: column, column: device}\n",
        "  device: {type: column, column: device}\n  country: {type: column, column: country}\n",
    )
)
_SECOND_PLAN = (
    _PLAN.replace(f"name: {FIRST}", f"name: {SECOND}")
    .replace("arm_column: arm,", "arm_column: other_arm,")
    .replace("exposed_at: event_ts}", f"exposed_at: event_ts, filter: \"country <> '{LEFT_OUT}'\"}}")
)
CHANGES = {
    "contracts/visits.yaml": DOCUMENTS["contracts/visits.yaml"].replace("      - {name: event_ts", _COLUMNS),
    f"studies/{FIRST}.yaml": _PLAN,
    f"studies/{SECOND}.yaml": _SECOND_PLAN,
}


@dataclass(frozen=True, slots=True)
class User:
    """One user, who spent an amount on the one day that it came."""

    day: date
    arms: tuple[str, str]
    device: str
    country: str
    spent: float

    @property
    def atom(self) -> Atom:
        studies = tuple(zip((FIRST, SECOND), self.arms, strict=True))
        left_out = (SECOND,) if self.country == LEFT_OUT else ()
        return Atom(self.day, studies, (("device", self.device), ("country", self.country)), left_out)


def users() -> tuple[User, ...]:
    """Everybody; amounts differ from user to user."""
    return tuple(_users())


def _users() -> Iterator[User]:
    numbers = count(1)
    for day, groups in USERS.items():
        for (device, country), each in groups.items():
            for arms in product(ARMS, ARMS):
                yield from (User(day, arms, device, country, 1.0 + next(numbers) * 7 % 19) for _ in range(each))


def atoms() -> tuple[Atom, ...]:
    """Every combination of a day, arms and values, whether or not anybody is in it."""
    devices, countries = ({group[place] for groups in USERS.values() for group in groups} for place in (0, 1))
    pairs = list(product(ARMS, ARMS))
    return tuple(User(*one, 0.0).atom for one in product(DAYS, pairs, sorted(devices), sorted(countries)))


def published_looks(home: Path, policy: str = "") -> list[Scorecard]:
    """What readers were given after every night."""
    workspace = opened(home, {**CHANGES, **({"disclosure.yaml": policy} if policy else {})})
    return [card for day in DAYS for card in night(workspace, day)]


def night(workspace: Workspace, day: date) -> tuple[Scorecard, ...]:
    """A day of all users through the stages of both studies, and what readers get of it."""
    deliver(workspace, _rows(day), day)
    assert load(workspace, day) == ""
    for name in workspace.catalog.plans:
        study = workspace.catalog.study(name)
        for stage in STAGES.values():
            stage(workspace, study, look_date(study, workspace.lake, day))
    return scorecards(read_catalog(workspace.home / "catalog"), workspace.lake)


def _rows(day: date) -> pa.Table:
    came = [(number, user) for number, user in enumerate(users()) if user.day == day]
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return pa.table(
        {
            "user_key": [f"user-{number}" for number, _ in came],
            "arm": [user.arms[0] for _, user in came],
            "device": [user.device for _, user in came],
            "revenue": [user.spent for _, user in came],
            "clicks": pa.array([1 for _ in came], pa.int64()),
            "country": [user.country for _, user in came],
            "other_arm": [user.arms[1] for _, user in came],
            "event_ts": pa.array([at for _ in came], pa.timestamp("us", "UTC")),
        }
    )
