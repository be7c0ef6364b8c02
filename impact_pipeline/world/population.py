"""The shop's users: who they are and how active, ready to buy and generous each is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from impact_pipeline.world.config import WorldConfig

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

COUNTRIES = np.array(["DE", "FR", "SE", "NO", "PL"])
COUNTRY_SHARES = (0.38, 0.24, 0.15, 0.08, 0.15)
DEVICES = np.array(["mobile", "desktop", "tablet"])
DEVICE_SHARES = (0.60, 0.32, 0.08)
MOBILE = 0
NEWCOMER_SHARE = 0.15
NEWCOMER_DAYS = 60
EMAIL_EVERY = 10


@dataclass(frozen=True, slots=True)
class Population:
    """Columns over users. `signed_up_on` is a day of the world, negative for those who were there before it began.

    `activity` is sessions a day, `conversion`, `complaints` and `precision` are chances per session or alert.
    """

    ids: pa.StringArray
    signed_up_on: Ints
    country: Ints
    device: Ints
    activity: Floats
    conversion: Floats
    log_spend: Floats
    complaints: Floats
    precision: Floats

    @property
    def size(self) -> int:
        return len(self.activity)


def make_population(config: WorldConfig) -> Population:
    """Users with long-tailed activity and spend; some sign up while the world runs, or would after it ends."""
    rng = np.random.default_rng([config.seed, 0])
    size = config.users
    newcomer = rng.random(size) < NEWCOMER_SHARE
    before, during = -rng.integers(1, 900, size), rng.integers(1, NEWCOMER_DAYS, size)
    return Population(
        ids=user_ids(size),
        signed_up_on=np.where(newcomer, during, before),
        country=rng.choice(len(COUNTRIES), size, p=COUNTRY_SHARES),
        device=rng.choice(len(DEVICES), size, p=DEVICE_SHARES),
        activity=np.minimum(rng.gamma(1.1, 0.40, size), 4.0),
        conversion=np.clip(rng.beta(4.0, 16.0, size), 0.02, 0.38),
        log_spend=rng.normal(3.4, 0.5, size),
        complaints=rng.beta(3.0, 47.0, size).clip(max=0.3),
        precision=rng.beta(9.0, 21.0, size).clip(max=0.6),
    )


def user_ids(size: int) -> pa.StringArray:
    """The ids the shop gives its users; every tenth signed up with an e-mail address instead."""
    return pa.array(
        (f"u{n:07d}@mail.example" if n % EMAIL_EVERY == 0 else f"u{n:07d}" for n in range(size)), pa.string()
    )


def share_of(salt: str, seed: int, users: Ints) -> Floats:
    """A number in [0, 1) for each user, independent between salts: SplitMix64 of the user's number."""
    start = int.from_bytes(hashlib.blake2b(f"{seed}:{salt}".encode(), digest_size=8).digest(), "big")
    mixed = users.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
