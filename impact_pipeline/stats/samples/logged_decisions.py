"""What a policy did and what came of it: the log from which another policy is valued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LoggedDecisions:
    """One row for each decision that was logged.

    `action` is a place in `actions`; `propensity` the chance with which the logging policy took it, in (0, 1];
    `target` that of the policy to be valued, in [0, 1]. `target_policy` has its chances of all actions, (n, actions),
    where known: direct and doubly robust methods need them. `context` is what was known before the decision.
    `slot` is where the action was shown (a position), which is part of what was decided upon.
    """

    actions: tuple[str, ...]
    action: Places
    reward: Floats
    propensity: Floats
    target: Floats
    target_policy: Floats | None = None
    context: Mapping[str, Floats] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    slot: Places | None = None
    cluster: Places | None = None

    def __len__(self) -> int:
        return len(self.reward)

    @property
    def weights(self) -> Floats:
        """Importance weights `target / propensity`.

        >>> one = np.array([1.0])
        >>> LoggedDecisions(("a",), np.array([0]), one, np.array([0.25]), np.array([0.5])).weights.tolist()
        [2.0]
        """
        return np.asarray(self.target / self.propensity, dtype=np.float64)
