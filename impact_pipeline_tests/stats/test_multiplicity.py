from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from impact_pipeline.stats.multiplicity import holm


@pytest.mark.parametrize("seed", range(3))
def test_holm_equals_statsmodels(seed: int) -> None:
    p_values = np.random.default_rng(seed).uniform(0, 0.2, 7).tolist()
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist(), rel=1e-15)


def test_one_test_keeps_its_p_value_and_none_none() -> None:
    assert holm([0.04]) == (0.04,)
    assert holm([]) == ()
