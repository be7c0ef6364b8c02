"""Units that adopt the change at different times, compared group by group."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.catalog.document import Model


class StaggeredAdoption(Model):
    """Units that adopt the change at different times, and keep it; covariates of the sample enter by `estimation`.

    `comparison`: `never_treated` trusts the trend of units that never adopt, `not_yet_treated` also that of later
    adopters until they do. `base_period`: before adoption `varying` shows changes from period to period and `universal`
    distances from the last period before it; effects from adoption on are the same. `anticipation` is how many periods
    before adoption units may already react. `aggregation` is the main effect: `group` weights cohorts by their units
    and their periods alike, `simple` weights every treated cell by its units, `dynamic` weights times since adoption
    alike, `calendar` periods. `bands` of curves hold for all points at once from `draws` of the multiplier bootstrap,
    or for each. `cross_check` is the second estimator.

    >>> StaggeredAdoption(type="staggered_adoption").aggregation
    'group'
    """

    type: Literal["staggered_adoption"]
    comparison: Literal["never_treated", "not_yet_treated"] = "never_treated"
    base_period: Literal["varying", "universal"] = "varying"
    anticipation: Annotated[int, Field(ge=0, le=50)] = 0
    estimation: Literal["doubly_robust", "regression", "ipw"] = "doubly_robust"
    aggregation: Literal["simple", "dynamic", "group", "calendar"] = "group"
    bands: Literal["simultaneous", "pointwise"] = "simultaneous"
    draws: Annotated[int, Field(ge=200, le=100_000)] = 2000
    cross_check: Literal["imputation", "none"] = "imputation"
