"""Whether other methods and other periods before the change say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.synthetic_cross_checks import METHODS
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.fitted import Fitted

LEAST_SHARE = 2 / 3
FEWEST_BEFORE = 3


class SyntheticSpecifications:
    """Fails where an effect that is told from 0 has the other sign in more than a third of the alternatives.

    Alternatives are every method with all periods before the change and with their later half. They share the data, so
    agreement is no second proof; disagreement says that a choice, not the change, made the effect.
    """

    name: ClassVar[str] = "synthetic_specifications"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Do other methods and other periods before the change say the same?"
    pass_means: ClassVar[str] = "The effect's sign does not hang on the method or on how far back it looks."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        main = effects.main if effects is not None else None
        if not isinstance(fitted, Fitted) or not isinstance(main, Effect):
            return Checked(Finding(self.name, None, None, None, "There is no effect to compare.", "none", {}))
        found = list(_alternatives(fitted, question.design.method))
        values = [value for _, value in found]
        share = sum(value * main.value > 0 for value in values) / len(values)
        lowest, highest = min(values), max(values)
        sentence = (
            f"In {round(share * len(values))} of {len(values)} alternatives the effect has the same sign; "
            f"they lie between {lowest:.4g} and {highest:.4g}."
        )
        told_apart = main.p_value is not None and main.p_value <= question.alpha
        passed = share >= LEAST_SHARE if told_apart else None
        details = {"lowest": lowest, "highest": highest}
        own = Alternative(_choices(question.design.method, "all"), main.value, main.lower, main.upper, is_main=True)
        rows = (own, *(Alternative(choices, value, None, None) for choices, value in found))
        curve = SpecificationCurve("specifications", "Effect by method and periods before the change", rows)
        return Checked(Finding(self.name, passed, share, LEAST_SHARE, sentence, "never_ship", details), (curve,))


Choices = tuple[tuple[str, str], ...]


def _choices(method: str, periods: str) -> Choices:
    return ("method", method), ("periods before", periods)


def _alternatives(fitted: Fitted, asked: str) -> Iterator[tuple[Choices, float]]:
    whole = fitted.block
    for label, block in (("all", whole), ("later half", _later_half(whole))):
        if block is None:
            continue
        for name, method in METHODS.items():
            if (name, label) != (asked, "all"):
                yield _choices(name, label), method(block).effect


def _later_half(block: Block) -> Block | None:
    first = block.starts // 2
    if block.starts - first < FEWEST_BEFORE:
        return None
    return block.between(first, len(block.periods), block.starts)
