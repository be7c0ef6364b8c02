"""What an estimator of a causal design is."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from impact_pipeline.causal.base import Effects, Question


class CausalEstimator(Protocol):
    """`name` is how results call the method; `fits` says whether the design's settings ask for this one."""

    name: ClassVar[str]
    designs: ClassVar[frozenset[str]]

    def fits(self, design: Any) -> bool: ...

    def effects(self, question: Question[Any, Any]) -> Effects: ...
