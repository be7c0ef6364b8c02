"""What a check of a causal design takes and returns; refuters in `sensitivity` are of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.diagnostics.base import Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """The finding, and what it shows."""

    finding: Finding
    exhibits: tuple[Exhibit, ...] = ()


class CausalCheck(Protocol):
    """`asks` is the question in one sentence, `pass_means` what a pass tells a reader.

    Checks that do not need the fit run before it, with no effects, and decide by the sample alone.
    """

    name: ClassVar[str]
    designs: ClassVar[frozenset[str]]
    asks: ClassVar[str]
    pass_means: ClassVar[str]
    needs_fit: ClassVar[bool]

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked: ...
