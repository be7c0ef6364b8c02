"""Units by arm against their planned shares, over all strata and in each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.analysis.answer import SampleRatio
from impact_pipeline.analysis.specification import RandomizedDesign
from impact_pipeline.analysis.units import Labelled
from impact_pipeline.errors import InputError
from impact_pipeline.stats.chi_square import goodness_of_fit
from impact_pipeline.stats.sample_ratio_sequence import log_e_value, p_value


def sample_ratios(
    design: RandomizedDesign, labels: Labelled, units: NDArray[np.float64] | None
) -> tuple[SampleRatio, ...]:
    """None where the design plans no shares; `units` are those of each row, one unless given."""
    if design.shares is None:
        return ()
    unknown = sorted(set(labels.arm.counts()) - set(design.shares))
    if unknown:
        named = ", ".join(repr(arm[:40]) for arm in unknown[:8])
        raise InputError(f"design.shares: there are units of {named}, which has no planned share; add it, or 0")
    found = [_sample_ratio(None, design.shares, labels.arm.counts(units))]
    if design.strata:
        for place, name in enumerate(labels.stratum.names):
            rows = labels.stratum.codes == place
            counts = labels.arm.kept(rows).counts(None if units is None else units[rows])
            found.append(_sample_ratio(name, design.shares, counts))
    return tuple(one for one in found if one is not None)


def _sample_ratio(stratum: str | None, shares: Mapping[str, float], found: Mapping[str, int]) -> SampleRatio | None:
    """None where there is one arm to choose from, or no unit."""
    counts = {arm: found.get(arm, 0) for arm in shares}
    planned = list(shares.values())
    if sum(share > 0 for share in planned) < 2 or not any(
        n for n, share in zip(counts.values(), planned, strict=True) if share
    ):
        return None
    test = goodness_of_fit(list(counts.values()), planned)
    evidence = np.atleast_1d(log_e_value(list(counts.values()), planned))
    always = float(np.atleast_1d(p_value(evidence))[-1])
    statistic = float(test.statistic)
    return SampleRatio(stratum, counts, dict(shares), statistic, test.degrees_of_freedom, test.p_value, always)
