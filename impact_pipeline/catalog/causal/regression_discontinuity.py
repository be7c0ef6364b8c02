"""Units just above a cut-off of a score against those just below."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model

Positive = Annotated[float, Field(gt=0)]
EachSide = tuple[Positive, Positive]
TreatedSide = Literal["at_or_above", "above", "at_or_below", "below"]
Kernel = Literal["triangular", "epanechnikov", "uniform"]
BandwidthRule = Literal[
    "mserd", "msetwo", "msesum", "msecomb1", "msecomb2", "cerrd", "certwo", "cersum", "cercomb1", "cercomb2"
]
DiscontinuityErrors = Literal["nearest_neighbour", "HC0", "HC1", "HC2", "HC3", "cluster", "cluster_by_side"]


class RegressionDiscontinuity(Model):
    """Units just above a cut-off of a score against those just below.

    `treated` says on which side of `cutoff` units are treated, and where those exactly at it belong. A `fuzzy` design
    divides the jump of the outcome by that of the treatment; a sharp one refuses units that are treated against the
    rule.

    `local_polynomial` fits lines (of `order`) on both sides within `bandwidth`, a rule or a width (of each side, left
    and right); bias is taken off by a fit of `bias_order`, by default one more, within `bias_bandwidth`, by default
    what the rule gives, or `bandwidth` where that is a number. `window` takes units within `window` of the cut-off as
    if their side had been drawn by lot, and compares means.

    `nearest_neighbour` errors take `neighbours` rows of nearest score. `cluster` adds errors up within clusters over
    both sides; `cluster_by_side` takes what a cluster has on the other side for another cluster. Rows nearer than
    `donut` to the cut-off are left out. Covariates are tested for jumps of their own; `adjust` also lets them explain
    the outcome. `bandwidth_for: outcome` chooses the bandwidth of a fuzzy design by the outcome's jump alone.
    """

    type: Literal["regression_discontinuity"]
    cutoff: float = 0.0
    treated: TreatedSide = "at_or_above"
    fuzzy: bool = False
    method: Literal["local_polynomial", "window"] = "local_polynomial"
    window: Positive | None = None
    order: Annotated[int, Field(ge=0, le=3)] = 1
    bias_order: Annotated[int, Field(ge=1, le=5)] | None = None
    kernel: Kernel = "triangular"
    bandwidth: BandwidthRule | Positive | EachSide = "mserd"
    bias_bandwidth: Positive | EachSide | None = None
    bandwidth_for: Literal["effect", "outcome"] = "effect"
    errors: DiscontinuityErrors = "nearest_neighbour"
    neighbours: Annotated[int, Field(ge=1, le=50)] = 3
    donut: Annotated[float, Field(ge=0)] = 0.0
    adjust: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> RegressionDiscontinuity:
        if (self.method == "window") != (self.window is not None):
            raise ValueError("'window' is the half width of method 'window': give both or neither")
        if self.bias_order is not None and self.bias_order <= self.order:
            raise ValueError(f"bias_order {self.bias_order} must be above order {self.order}: it tells the bias of it")
        if self.bias_bandwidth is not None and isinstance(self.bandwidth, str):
            raise ValueError(f"bandwidth '{self.bandwidth}' chooses the bias bandwidth too: leave bias_bandwidth out")
        if self.window is not None and self.donut >= self.window:
            raise ValueError(f"a donut of {self.donut} leaves nothing of a window of {self.window}")
        return self

    @property
    def clustered(self) -> bool:
        """Whether errors need a cluster of each unit."""
        return self.errors in ("cluster", "cluster_by_side")
