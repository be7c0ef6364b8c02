"""Arms and exposures: who meets a study when, and what of it is logged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import MOBILE, Flags, Floats, Ints, share_of
from impact_pipeline.world.studies import STUDIES, Lever, PlantedStudy

NEVER = -1
REPEAT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Contacts:
    """Logged contacts of one study on one day: indexes of sessions, and the arm logged (1 is the treatment)."""

    study: str
    session: Ints
    arm: Ints


class Assignment:
    """The state of one study while the days go by: each user's exposure day and arm."""

    def __init__(self, study: PlantedStudy, config: WorldConfig) -> None:
        everyone = np.arange(config.users)
        self.study = study
        self._config = config
        self._bucket = share_of(f"arm:{study.name}", config.seed, everyone)
        self._mixed = share_of(f"mixed:{study.name}", config.seed, everyone) < study.mixed_share
        self._lost = share_of(f"lost:{study.name}", config.seed, everyone) < study.lost_share
        self.exposed_on: Ints = np.full(config.users, NEVER, dtype=np.int64)
        self.treated: Flags = np.zeros(config.users, dtype=np.bool_)

    def meet(self, day: int, user: Ints, device: Ints, rng: np.random.Generator) -> Contacts:
        """Expose the users of a day's sessions (in order of user and time), and say what is logged of it."""
        first = np.ones(len(user), dtype=np.bool_)
        first[1:] = user[1:] != user[:-1]
        new = first & (self.exposed_on[user] == NEVER)
        share = self._treatment_share(day)
        self.treated[user[new]] = self._bucket[user[new]] < share
        earlier = self.exposed_on[user] != NEVER
        self.exposed_on[user[new]] = day
        repeated = earlier & first & (rng.random(len(user)) < REPEAT_SHARE)
        return self._logged(user, device, new, repeated | (earlier & first & self._mixed[user]))

    def _logged(self, user: Ints, device: Ints, new: Flags, again: Flags) -> Contacts:
        arm = self.treated[user] ^ (again & self._mixed[user])
        unseen = self._lost[user] & self.treated[user] & (device == MOBILE)
        session = np.flatnonzero((new | again) & ~unseen)
        return Contacts(self.study.name, session, arm[session].astype(np.int64))

    def _treatment_share(self, day: int) -> float:
        begun = [
            p.treated for p in self.study.phases if self._config.phase_starts(p.begins) <= self._config.date_of(day)
        ]
        return begun[-1]


def assignments(config: WorldConfig) -> tuple[Assignment, ...]:
    return tuple(Assignment(study, config) for study in STUDIES)


def multiplier(lever: Lever, day: int, user: Ints, states: tuple[Assignment, ...]) -> Floats:
    """What the treatments each session's user has met by now make of a lever's rate."""
    product = np.ones(len(user))
    for state in states:
        if lever in state.study.effects:
            age = day - state.exposed_on[user]
            by_age = np.array([1 + state.study.effect(lever, n) for n in range(day + 1)])
            met = state.treated[user] & (state.exposed_on[user] != NEVER)
            product *= np.where(met, by_age[np.clip(age, 0, day)], 1.0)
    return product
