"""Treatments chosen for hidden reasons, moved by instruments that are strong, weak, or not what they claim."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.stats.samples.cross_section import CrossSection

UNITS = 1_000
EFFECT = 0.5


def moved(
    rng: np.random.Generator, *, effect: float = EFFECT, strength: float = 0.5, instruments: int = 2,
    direct: float = 0.0, groups: int = 0,
) -> Drawn:  # fmt: skip
    """A hidden cause moves treatment and outcome alike; errors grow with the first instrument.

    `strength` is how far an instrument moves the treatment, `direct` how far the first one moves the outcome itself.
    With `groups` instruments and a part of the errors are those of whole clusters.
    """
    cluster = rng.integers(groups, size=UNITS) if groups else None
    z = rng.normal(size=(instruments, groups or UNITS))
    shared = rng.normal(size=groups or 1)
    if cluster is not None:
        z, shared = z[:, cluster], shared[cluster]
    hidden, x = rng.normal(size=(2, UNITS))
    treatment = strength * z.sum(axis=0) + 0.5 * x + hidden + rng.normal(size=UNITS)
    noise = rng.normal(size=UNITS) * (1 + 0.5 * np.abs(z[0])) + 0.3 * shared
    outcome = effect * treatment + x + hidden + direct * z[0] + noise
    named = {f"z{place + 1}": values for place, values in enumerate(z)}
    return Drawn(CrossSection(outcome, treatment, {"x": x}, instruments=named, cluster=cluster), effect)


def chosen_by_lot(rng: np.random.Generator, *, effect: float = EFFECT) -> Drawn:
    """A 0/1 offer by lot that 40 % take up because of it; the truth is the mean effect of these."""
    offer = (rng.random(UNITS) < 0.5).astype(np.float64)
    kind = rng.random(UNITS)
    treatment = np.where(kind < 0.2, 1.0, np.where(kind < 0.6, offer, 0.0))
    own = effect + rng.normal(size=UNITS)
    outcome = own * treatment + 2.0 * (kind < 0.2) + rng.normal(size=UNITS)
    return Drawn(CrossSection(outcome, treatment, instruments={"offer": offer}), effect)


def _with(**settings: float) -> Callable[[np.random.Generator], Drawn]:
    def draw(rng: np.random.Generator) -> Drawn:
        return moved(rng, **settings)  # type: ignore[arg-type]

    return draw


def _design(**settings: object) -> InstrumentalVariables:
    return InstrumentalVariables.model_validate({"type": "instrumental_variables", **settings})


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("instruments", "2SLS, strong instruments", _design(), _with()),
    Scenario("instruments_no_effect", "2SLS, no effect", _design(), _with(effect=0.0)),
    Scenario(
        "instruments_liml", "LIML, six instruments", _design(estimator="liml"), _with(instruments=6, strength=0.25)
    ),
    Scenario("instruments_clustered", "2SLS, instruments of 60 clusters", _design(), _with(groups=60)),
    Scenario("encouragement", "an offer by lot, taken up by some", _design(), chosen_by_lot),
    Scenario(
        "anderson_rubin",
        "Anderson-Rubin interval, one instrument",
        _design(interval="anderson_rubin"),
        _with(instruments=1, strength=0.3),
    ),
    Scenario(
        "weak_instruments",
        "instruments that hardly move the treatment",
        _design(),
        _with(strength=0.05),
        "weak instruments",
        ("weak_instruments",),
    ),
    Scenario(
        "invalid_instrument",
        "one of two instruments reaches the outcome itself",
        _design(),
        _with(direct=0.4),
        "an invalid instrument",
        ("over_identification",),
    ),
)
