"""Units that were not randomised, made comparable by what was known of them before."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class Observational(Model):
    """Units that were not randomised, made comparable by what was known of them before."""

    type: Literal["observational"]
