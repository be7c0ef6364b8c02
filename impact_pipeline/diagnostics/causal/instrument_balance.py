"""Whether the instruments are unrelated to what the treatment cannot have moved."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Balance, BalanceRow
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.instruments.anderson_rubin import AndersonRubin, anderson_rubin
from impact_pipeline.stats.instruments.balance import differences
from impact_pipeline.stats.instruments.fitted import of_sample
from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.samples.cross_section import CrossSection

LEAST_P_VALUE = 0.05
LARGEST_DIFFERENCE = 0.1


class InstrumentBalance:
    """Fails where instruments explain a negative control: the smallest p-value times their number is below 5 %.

    Negative controls are the question's `probes`, outcomes that the change cannot have moved: instruments that explain
    one given the covariates reach outcomes by another way. Without probes it only informs: covariates that differ with
    the instruments (by more than 0.1 standard deviations) are adjusted for, and tell how much is asked of adjustment.
    """

    name: ClassVar[str] = "instrument_balance"
    designs: ClassVar[frozenset[str]] = frozenset({"instrumental_variables"})
    asks: ClassVar[str] = "Are the instruments unrelated to what the treatment cannot have moved?"
    pass_means: ClassVar[str] = "They explain no negative control once covariates are held."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        section: CrossSection = question.sample
        rows = _rows(section)
        largest = max((abs(row.before) for row in rows), default=0.0)
        shown = (Balance("instrument_balance", "Covariates by instrument", rows, LARGEST_DIFFERENCE),) if rows else ()
        found = {name: _p_value(probe, question.design.errors) for name, probe in question.probes.items()}
        p_values = {name: p_value for name, p_value in found.items() if p_value is not None}
        if not p_values:
            sentence = _informed(rows, largest)
            details = {row.covariate: row.before for row in rows}
            return Checked(Finding(self.name, None, largest, LARGEST_DIFFERENCE, sentence, "none", details), shown)
        worst = min(p_values, key=p_values.__getitem__)
        joint = min(1.0, p_values[worst] * len(p_values))
        verdict = f"Instruments {'explain' if joint < LEAST_P_VALUE else 'do not explain'} the negative controls"
        sentence = f"{verdict}: '{worst}' has the smallest p-value, {joint:.3g} after Bonferroni."
        passed = joint >= LEAST_P_VALUE
        return Checked(Finding(self.name, passed, joint, LEAST_P_VALUE, sentence, "never_ship", p_values), shown)


def _rows(section: CrossSection) -> tuple[BalanceRow, ...]:
    is_single = len(section.instruments) == 1
    return tuple(
        BalanceRow(covariate if is_single else f"{covariate} by {instrument}", difference, None)
        for instrument, values in section.instruments.items()
        for covariate, difference in differences(values, section.covariates, section.weights).items()
    )


def _informed(rows: tuple[BalanceRow, ...], largest: float) -> str:
    if not rows:
        return "There is no covariate and no negative control to compare by the instruments."
    differing = int(np.sum([abs(row.before) > LARGEST_DIFFERENCE for row in rows]))
    return (
        f"{differing} of {len(rows)} covariates differ with the instruments by more than {LARGEST_DIFFERENCE} standard"
        f" deviations (at most {largest:.2f}); they are adjusted for. A negative control would test what is left."
    )


def _p_value(probe: CrossSection, errors: Any) -> float | None:
    rows = of_sample(probe, errors)
    found = anderson_rubin(rows) if isinstance(rows, Instrumented) else None
    return found.p_value if isinstance(found, AndersonRubin) else None
