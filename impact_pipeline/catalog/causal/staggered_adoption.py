"""Units that adopt the change at different times, compared group by group."""

from __future__ import annotations

from typing import Literal

from impact_pipeline.catalog.document import Model


class StaggeredAdoption(Model):
    """Units that adopt the change at different times, compared group by group."""

    type: Literal["staggered_adoption"]
