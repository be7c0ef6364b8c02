"""The effect under every usual choice of kernel, order and bandwidth rule."""

from __future__ import annotations

from itertools import product
from typing import ClassVar

from impact_pipeline.catalog.causal.regression_discontinuity import BandwidthRule, Kernel
from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.discontinuity import Reading, read_alternatives
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

KERNELS: tuple[Kernel, ...] = ("triangular", "epanechnikov", "uniform")
ORDERS = (1, 2)
RULES: tuple[BandwidthRule, ...] = ("mserd", "msetwo", "cerrd")
MOST_AGAINST = 0


class DiscontinuitySpecifications:
    """Fails where an alternative's interval lies wholly on the other side of 0 from the value.

    Alternatives answer the same question with the same rows, by kernel, order 1 or 2 and rule for the bandwidth. They
    differ by noise and bias, so their values scatter; one that is sure of the opposite sign says that the answer is the
    choice's. An alternative that is unsure says nothing.
    """

    name: ClassVar[str] = "discontinuity_specifications"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Would another kernel, order or bandwidth rule have said the opposite?"
    pass_means: ClassVar[str] = "No usual specification is sure of the opposite sign."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        if effects is None or not isinstance(effects.main, Effect) or question.design.method == "window":
            told = "Means within a window have no kernel, order or bandwidth rule."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        main = effects.main
        found = [_main(question.design, main), *_alternatives(question)]
        curve = SpecificationCurve("specifications", "Effect by kernel, order and bandwidth", tuple(found))
        return Checked(_finding(found, main.value), (curve,))


def _main(design: Design, main: Effect) -> Alternative:
    rule = design.bandwidth if isinstance(design.bandwidth, str) else "given"
    return Alternative(_choices(design.kernel, design.order, rule), main.value, main.lower, main.upper, is_main=True)


def _choices(kernel: str, order: int, rule: str) -> tuple[tuple[str, str], ...]:
    return ("kernel", kernel), ("order", str(order)), ("bandwidth", rule)


def _alternatives(question: Question[CrossSection, Design]) -> list[Alternative]:
    own = question.design
    tried = [choice for choice in product(KERNELS, ORDERS, RULES) if choice != (own.kernel, own.order, own.bandwidth)]
    designs = [
        own.model_copy(update={"kernel": kernel, "order": order, "bias_order": None, "bandwidth": rule,
                               "bias_bandwidth": None})
        for kernel, order, rule in tried
    ]  # fmt: skip
    found = read_alternatives(question.sample, designs, question.alpha)
    return [_alternative(_choices(*choice), one) for choice, one in zip(tried, found, strict=True)]


def _alternative(choices: tuple[tuple[str, str], ...], found: Reading | Refusal) -> Alternative:
    if isinstance(found, Refusal):
        return Alternative(choices, None, None, None, refused=found.detail)
    return Alternative(choices, found.value, found.lower, found.upper)


def _finding(found: list[Alternative], value: float) -> Finding:
    told = [one for one in found if one.value is not None and one.lower is not None and one.upper is not None]
    opposed = [one for one in told if (one.upper or 0.0) < 0 < value or value < 0 < (one.lower or 0.0)]
    values = [one.value for one in told if one.value is not None]
    agree = sum(1 for one in told if (one.lower or 0.0) > 0 < value or value < 0 > (one.upper or 0.0))
    sentence = (
        f"{len(told)} specifications give {min(values):.3g} to {max(values):.3g}; {agree} are sure of the value's sign"
        f" and {len(opposed)} of the opposite."
    )
    details = {"specifications": len(told), "least": min(values), "most": max(values), "same_sign": agree}
    passed = len(opposed) <= MOST_AGAINST
    return Finding(
        DiscontinuitySpecifications.name, passed, float(len(opposed)), float(MOST_AGAINST), sentence, "hold", details
    )
