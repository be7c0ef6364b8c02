"""What moves the treatment and touches the outcome through nothing else."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class InstrumentalVariables(Model):
    """What moves the treatment and touches the outcome through nothing else."""

    type: Literal["instrumental_variables"]
