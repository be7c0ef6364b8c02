"""Made-up estimators and checks, whose answers a test decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.diagnostics.base import Consequence, Finding
from impact_pipeline.diagnostics.causal.base import Checked

EFFECT = Effect(2.0, 0.5, 1.0, 3.0, 0.001, "a method", "ATT", 40.0, treated=10.0, untreated=8.0)


@dataclass(frozen=True)
class Design:
    type: str = "made_up"


@dataclass
class Estimator:
    """Counts how often it was asked."""

    found: Effects
    name: str = "made_up_method"
    designs: frozenset[str] = frozenset({"made_up"})
    asked: list[Question[Any, Any]] = field(default_factory=list)

    def fits(self, design: Any) -> bool:
        return True

    def effects(self, question: Question[Any, Any]) -> Effects:
        self.asked.append(question)
        return self.found


@dataclass
class Check:
    name: str
    passed: bool | None = True
    consequence: Consequence = "never_ship"
    needs_fit: bool = True
    designs: frozenset[str] = frozenset({"made_up"})
    asks: str = "Is it so?"
    pass_means: str = "It is so."
    seen: list[Effects | None] = field(default_factory=list)

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        self.seen.append(effects)
        finding = Finding(self.name, self.passed, 1.0, 2.0, f"{self.name} was seen.", self.consequence, {})
        return Checked(finding, (Curve(self.name, self.name, "x", ()),))
