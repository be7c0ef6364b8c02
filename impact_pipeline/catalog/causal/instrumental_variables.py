"""What moves the treatment and touches the outcome through nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.catalog.document import Model


class InstrumentalVariables(Model):
    """What moves the treatment and touches the outcome through nothing else.

    `errors: automatic` are by cluster where the sample names one, HC1 otherwise. `interval: automatic` is Wald's where
    instruments are strong, Anderson and Rubin's where they are weak: where the effective F does not exclude a bias of
    more than `worst_bias` of the worst case (Montiel Olea, Pflueger 2013).
    """

    type: Literal["instrumental_variables"]
    estimator: Literal["two_stage_least_squares", "liml"] = "two_stage_least_squares"
    errors: Literal["automatic", "classical", "HC1", "cluster"] = "automatic"
    interval: Literal["automatic", "wald", "anderson_rubin"] = "automatic"
    worst_bias: Annotated[float, Field(gt=0, le=0.5)] = 0.1
