"""Switchback: regions that change arm from block to block of time, compared with themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.designs import BLOCKS_RANDOMISED
from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.question import Answer, Arm, Notes, Question
from impact_pipeline.estimators.question import Refusal as Refused
from impact_pipeline.outcomes.blocks import BlockValues, block_values
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.switchback import SwitchbackMeans, adjusted_means
from impact_pipeline.stats.two_means import Contribution, TwoMeans

Found = tuple[BlockValues, SwitchbackMeans] | Refusal


class Switchback:
    """Difference of block means with regions' (and periods') own levels taken out; every block counts alike.

    Errors are clustered by region (CR2, Satterthwaite's df) from six regions on, else Newey-West's over time, which
    costs the grade A. Periods have effects where regions are in different arms at one time. Assumes that a block's
    events after its wash-out owe nothing to the block before (see `carry_over`).
    Bojinov, Simchi-Levi, Zhao (2023), Management Science 69.
    """

    name: ClassVar[str] = "switchback"
    designs: ClassVar[frozenset[str]] = BLOCKS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"mean", "ratio"})
    uses_covariates: ClassVar[bool] = False

    def answer(self, question: Question) -> Answer:
        [stratum] = question.strata
        groups = np.size(question.units[0])
        found = [_read(question, stratum.treatment, stratum.control, group) for group in range(groups)]
        refused = np.array([isinstance(one, Refusal) for one in found])

        def told(group: int) -> str:
            one = found[group]
            return one.detail if isinstance(one, Refusal) else ""

        reasons = dict.fromkeys(one.reason for one in found if isinstance(one, Refusal))
        masks = {
            reason: refused & np.array([isinstance(one, Refusal) and one.reason == reason for one in found])
            for reason in reasons
        }
        refusals = tuple(Refused(Reason(reason), mask, told) for reason, mask in masks.items())
        by_unit = np.array([not isinstance(one, Refusal) and one[0].effects == "unit" for one in found])
        named = f"{self.name} (region and period effects)"
        return Answer(
            named, _together(found), refusals=refusals, notes=_notes(found),
            otherwise=(by_unit, f"{self.name} (region effects)"),
        )  # fmt: skip


def _read(question: Question, treatment: Arm, control: Arm, group: int) -> Found:
    names = treatment.cluster_names
    if treatment.clusters is None or control.clusters is None or not names:
        return Refusal("empty_arm", "the cells keep no blocks apart")
    pair = (arm.each(lambda sums: _row(sums, group)) for arm in (treatment.clusters, control.clusters))
    values = block_values(names, *pair, ratio=question.reading.form == "ratio")
    if isinstance(values, Refusal):
        return values
    means = adjusted_means(values.blocks, values.effects)
    return means if isinstance(means, Refusal) else (values, means)


def _row(sums: object, group: int) -> object:
    return sums[group] if isinstance(sums, np.ndarray) and sums.ndim > 1 else sums


def _together(found: Sequence[Found]) -> TwoMeans:
    """All groups' means as arrays; what is refused stands in with an error of 1."""
    nothing = TwoMeans(0.0, 0.0, (Contribution(0.5, 0.5, 0.0, 1.0),))
    means = [nothing if isinstance(one, Refusal) else one[1].means for one in found]
    parts = [one.contributions[0] for one in means]
    names = ("treatment", "control", "covariance", "degrees_of_freedom")
    columns = (np.array([float(getattr(part, name)) for part in parts]) for name in names)
    treatment, control = (np.array([float(getattr(one, arm)) for one in means]) for arm in ("treatment", "control"))
    return TwoMeans(treatment, control, (Contribution(*columns),))


def _notes(found: Sequence[Found]) -> Notes:
    def notes(group: int) -> tuple[str, ...]:
        one = found[group]
        if isinstance(one, Refusal):
            return ()
        values, means = one
        told = list(means.notes) if means.errors == "newey_west" else []
        if values.left_out:
            told.append(f"{values.left_out} blocks without events are left out")
        return tuple(told)

    return notes
