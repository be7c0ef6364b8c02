from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from impact_pipeline.stats.cluster_robust import ClusteredFit, clustered, covariance, satterthwaite
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.newey_west import small_sample
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.switchback import (
    Blocks,
    Effects,
    SwitchbackMeans,
    adjusted_means,
    block_means,
    blocks,
    carry_over,
)
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.stats.linear_models import dummies, fitted, refused, with_mean


@dataclass(frozen=True, slots=True)
class World:
    units: int
    periods: int
    effect: float = 0.0
    lag: float = 0.0
    persistence: float = 0.5


def drawn(rng: np.random.Generator, world: World, treated: Array | None = None) -> Blocks:
    """Units with levels of their own, periods in common, errors that persist, arms by a coin for each block."""
    shape = (world.units, world.periods)
    arms = rng.integers(2, size=shape) if treated is None else np.broadcast_to(treated, shape)
    errors = rng.normal(size=shape)
    for t in range(1, world.periods):
        errors[:, t] += world.persistence * errors[:, t - 1]
    before = np.concatenate([np.zeros((world.units, 1)), arms[:, :-1]], axis=1)
    level = 10 + rng.normal(size=(world.units, 1)) + rng.normal(size=world.periods)
    outcome = level + world.effect * arms + world.lag * before + errors
    events = rng.integers(50, 200, size=shape)
    unit, order = np.indices(shape)
    return made(unit.ravel(), order.ravel(), arms.ravel(), (outcome * events).ravel(), events.ravel())


def made(*columns: object, **options: object) -> Blocks:
    found = blocks(*columns, **options)  # type: ignore[arg-type]
    assert isinstance(found, Blocks), found
    return found


def means_of(found: SwitchbackMeans | Refusal) -> SwitchbackMeans:
    assert isinstance(found, SwitchbackMeans), found
    return found


def test_blocks_are_sorted_and_averaged() -> None:
    found = made(["b", "a", "a"], [0, 1, 0], [1, 1, 0], [9.0, 8.0, 6.0], [3, 4, 2])
    assert found.unit.tolist() == ["a", "a", "b"]
    assert found.outcome.tolist() == [3.0, 2.0, 3.0]
    assert found.treated.tolist() == [False, True, True]


def test_the_previous_block_is_of_the_same_unit_and_next_to_it() -> None:
    found = made(["a", "a", "a", "b"], [0, 1, 3, 4], [1, 0, 1, 0], np.ones(4), np.ones(4))
    arm, known = found.previous
    assert known.tolist() == [False, True, False, False]
    assert arm[known].tolist() == [True]


def test_block_means_are_compared_as_welch_does() -> None:
    of = drawn(np.random.default_rng(1), World(3, 12))
    means = block_means(of)
    assert isinstance(means, TwoMeans)
    reference = stats.ttest_ind(of.outcome[of.treated], of.outcome[~of.treated], equal_var=False)
    assert difference(means, 0.05, 36.0).p_value == pytest.approx(reference.pvalue, rel=1e-10)


def test_many_units_are_clusters() -> None:
    of = drawn(np.random.default_rng(2), World(8, 10, effect=1.0))
    found = means_of(adjusted_means(of))
    fit = fitted(np.column_stack([with_mean(of.treated), dummies(of.unit), dummies(of.order)]), of.outcome)
    rows = clustered(fit, of.unit)
    assert isinstance(rows, ClusteredFit)
    assert found.errors == "clustered_by_unit"
    assert found.means.change == pytest.approx(fit.coefficients[1], rel=1e-10)
    assert found.means.variance() == pytest.approx(covariance(rows, "CR2")[1, 1], rel=1e-8)
    assert found.means.error()[1] == pytest.approx(satterthwaite(rows, np.eye(fit.k)[1]), rel=1e-8)
    assert found.notes[0].startswith("errors clustered by 8 units")


def test_few_units_are_a_series() -> None:
    of = drawn(np.random.default_rng(3), World(1, 60, effect=1.0))
    found = means_of(adjusted_means(of, "none"))
    columns = np.column_stack([np.ones(60), of.treated])
    peer = sm.OLS(of.outcome, columns).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    share, degrees = small_sample(fitted(columns, of.outcome), of.order, 3, [0.0, 1.0])
    assert found.means.change == pytest.approx(peer.params[1], rel=1e-10)
    assert found.means.error() == pytest.approx((peer.bse[1] / share**0.5, degrees), rel=1e-9)
    assert found.means.control == pytest.approx(peer.params[0], rel=1e-10)
    assert found.means.covariances()[1] == pytest.approx(peer.cov_params()[0, 0] / share, rel=1e-9)
    assert found.errors == "newey_west"
    assert found.notes == (f"errors over 60 periods with 3 lags, {degrees:.1f} degrees of freedom",)


def test_means_are_at_the_units_average_level() -> None:
    of = drawn(np.random.default_rng(4), World(8, 12, effect=2.0))
    found = means_of(adjusted_means(of)).means
    share = of.treated.mean()
    assert share * found.treatment + (1 - share) * found.control == pytest.approx(of.outcome.mean(), rel=1e-10)


def test_period_labels_can_repeat_every_week() -> None:
    rng = np.random.default_rng(5)
    order = np.arange(70)
    weekday = order % 7
    treated = rng.integers(2, size=70)
    outcome = 3.0 * weekday + treated + 0.1 * rng.normal(size=70)
    of = made(["a"] * 70, order, treated, outcome, np.ones(70), period=weekday)
    assert means_of(adjusted_means(of)).means.change == pytest.approx(1, abs=0.1)


def test_effects_of_units_and_periods_take_out_their_noise() -> None:
    of = drawn(np.random.default_rng(6), World(8, 20, effect=1.0, persistence=0.0))
    plain = block_means(of)
    assert isinstance(plain, TwoMeans)
    assert means_of(adjusted_means(of)).means.variance() < 0.6 * plain.variance()


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of trials in which no effect is rejected: by blocks, adjusted, and of no carry-over."""

    world: World
    by_block: float
    adjusted: float
    probe: float
    coverage: float

    def __str__(self) -> str:
        rates = (self.by_block, self.adjusted, self.probe, self.coverage)
        return f"{self.world.units:>5} x{self.world.periods:>4}" + "".join(f"{rate:>12.3f}" for rate in rates)


def simulated(world: World, effects: Effects, reps: int) -> Rates:
    rng = np.random.default_rng(100 * world.units + world.periods)
    hits = np.zeros(4)
    for _ in range(reps):
        of = drawn(rng, world)
        plain = block_means(of)
        assert isinstance(plain, TwoMeans)
        found = difference(means_of(adjusted_means(of, effects)).means, 0.05, 1.0)
        probe = difference(means_of(carry_over(of, effects)).means, 0.05, 1.0)
        hits += [
            difference(plain, 0.05, 1.0).p_value < 0.05,
            found.p_value < 0.05,
            probe.p_value < 0.05,
            found.lower <= world.effect <= found.upper,
        ]
    return Rates(world, *(hits / reps))


SIZES: tuple[tuple[World, Effects], ...] = (
    (World(1, 60), "none"),
    (World(3, 30), "unit_and_period"),
    (World(8, 14), "unit_and_period"),
)
HEADER = "units x periods  by block    adjusted  carry-over    coverage"


def test_size_for_one_few_and_many_units(capsys: pytest.CaptureFixture[str]) -> None:
    """250 trials: three standard errors are .041."""
    found = [simulated(world, effects, 250) for world, effects in SIZES]
    with capsys.disabled():
        print("\n" + "\n".join([HEADER, *map(str, found)]))  # noqa: T201
    for row in found:
        assert max(row.by_block, row.adjusted, row.probe) < 0.05 + 0.041
        assert row.coverage > 0.95 - 0.041


@pytest.mark.slow
def test_size_and_coverage_at_length(capsys: pytest.CaptureFixture[str]) -> None:
    worlds: tuple[tuple[World, Effects], ...] = (
        (World(1, 20), "none"),
        (World(1, 60, effect=0.5), "none"),
        (World(1, 200, effect=0.5), "none"),
        (World(3, 40, effect=0.5), "unit"),
        (World(3, 40), "unit_and_period"),
        (World(6, 14), "unit_and_period"),
        (World(12, 28), "unit_and_period"),
        (World(30, 14), "unit_and_period"),
    )
    found = [simulated(world, effects, 1000) for world, effects in worlds]
    with capsys.disabled():
        print("\n" + "\n".join([HEADER, *map(str, found)]))  # noqa: T201
    for row in found:
        assert row.coverage > 0.93
        assert row.world.effect or max(row.by_block, row.adjusted) < 0.072
        assert row.probe < 0.072


def test_a_planted_carry_over_is_found() -> None:
    rng = np.random.default_rng(7)
    probes = [means_of(carry_over(drawn(rng, World(10, 24, effect=1.0, lag=0.8)))).means for _ in range(40)]
    assert np.mean([probe.change for probe in probes]) == pytest.approx(0.8, abs=0.1)
    assert np.mean([difference(probe, 0.05, 1.0).p_value < 0.05 for probe in probes]) > 0.9


def test_the_plain_comparison_misses_what_is_carried_over() -> None:
    """Arms kept for two blocks: it reads 1.0 where always against never is 1.8, and the probe says why."""
    rng = np.random.default_rng(8)
    pattern = np.tile([0, 0, 1, 1], 6)
    values = [block_means(drawn(rng, World(10, 24, effect=1.0, lag=0.8), pattern)) for _ in range(40)]
    assert np.mean([v.change for v in values if isinstance(v, TwoMeans)]) == pytest.approx(1.0, abs=0.15)


def test_arms_that_alternate_hide_a_carry_over() -> None:
    of = drawn(np.random.default_rng(9), World(1, 24), np.tile([0, 1], 12))
    found = refused(carry_over(of, "unit"))
    assert found.reason == "collinear"
    assert "'the previous block's arm'" in found.detail


def test_units_that_switch_together_leave_no_period_effects() -> None:
    of = drawn(np.random.default_rng(9), World(8, 12), np.tile([0, 1], 6))
    found = refused(adjusted_means(of))
    assert (found.reason, found.detail) == (
        "collinear",
        "'treated' is a combination of the columns before it: leave it out",
    )
    assert isinstance(adjusted_means(of, "unit"), SwitchbackMeans)


def test_a_single_unit_that_switches_is_refused() -> None:
    treated = np.zeros((8, 12))
    treated[0, ::2] = 1
    found = refused(adjusted_means(drawn(np.random.default_rng(9), World(8, 12), treated), "unit"))
    assert (found.reason, found.detail) == (
        "too_few_clusters",
        "one cluster alone determines the effect; no other tells its error",
    )


def test_few_units_over_few_periods_are_refused() -> None:
    found = refused(adjusted_means(drawn(np.random.default_rng(9), World(2, 6)), "unit"))
    assert (found.reason, found.detail) == (
        "too_few_clusters",
        "2 units over 6 periods; errors need 6 units or 10 periods",
    )


def test_an_arm_without_blocks_is_refused() -> None:
    of = made(["a", "a", "a"], [0, 1, 2], [0, 0, 0], [1.0, 2.0, 3.0], np.ones(3))
    for found in (block_means(of), adjusted_means(of), carry_over(of)):
        assert refused(found).reason == "empty_arm"
    assert refused(block_means(of)).detail == "'treatment' has 0 blocks; it needs 2 or more"


def test_an_arm_with_one_block_is_refused() -> None:
    of = made(["a", "a", "a"], [0, 1, 2], [0, 1, 0], [1.0, 2.0, 3.0], np.ones(3))
    assert (refused(block_means(of)).reason, refused(block_means(of)).detail) == (
        "too_few_units",
        "'treatment' has 1 block; it needs 2 or more",
    )


def test_constant_outcomes_are_refused() -> None:
    of = made(["a"] * 12, range(12), [0, 1] * 6, np.full(12, 2.0), np.ones(12))
    assert refused(block_means(of)).reason == "zero_variance"
    assert refused(adjusted_means(of, "unit")).reason == "zero_variance"


def test_a_block_without_events_is_refused() -> None:
    found = refused(blocks(["a", "a"], [0, 1], [0, 1], [0.0, 2.0], [0, 3]))
    assert (found.reason, found.detail) == ("measure_undefined", "1 of 2 blocks have no events; leave them out")


def test_two_blocks_at_one_time_are_an_error() -> None:
    with pytest.raises(ValueError, match="a unit has two blocks of the same order"):
        blocks(["a", "a"], [0, 0], [0, 1], [1.0, 2.0], [1, 1])
