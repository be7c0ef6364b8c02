"""What checks and files of a cross-fitted estimate look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.heterogeneous_effects.exploration import Exploration
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances
from impact_pipeline.stats.heterogeneous_effects.unit_effects import UnitEffects
from impact_pipeline.stats.propensity.fit import ObservationalFit


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossFittedFit(ObservationalFit):
    """Beside the fit of any observational comparison: the models' predictions, and effects of every unit asked of.

    Units that were trimmed are in `exploration` and `nuisances`, and not in `ready`.
    """

    nuisances: Nuisances
    exploration: Exploration
    treated_rows: NDArray[np.bool_]

    @property
    def effects_by_unit(self) -> UnitEffects:
        return self.exploration.units
