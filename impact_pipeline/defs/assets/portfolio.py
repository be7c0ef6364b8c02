"""Assets over all studies: money, and the report site. One study's failure never stops them."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.defs.metadata import result_of
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.stages.guarded import guarded
from impact_pipeline.stages.outcome import Outcome
from impact_pipeline.stages.portfolio import make_impact, make_portfolio, make_site
from impact_pipeline.stages.workspace import Workspace

Stage = Callable[[Workspace], Outcome]


def portfolio_assets(catalog: Catalog) -> Iterator[dg.AssetsDefinition]:
    """`kpis/impact`, `kpis/portfolio` and `reports/site`, from the verdicts that stand."""
    verdicts = dg.AssetDep(["study", "verdict"], partition_mapping=dg.AllPartitionMapping())
    yield _asset(
        catalog, ["kpis", "impact"], make_impact, [verdicts], "kpis", {"deltalake"},
        "Money of each study's effect over its horizon, with its interval.",
    )  # fmt: skip
    yield _asset(
        catalog, ["kpis", "portfolio"], make_portfolio, [["kpis", "impact"]], "kpis", {"deltalake"},
        "Money of all studies together, by verdict and currency.",
    )  # fmt: skip
    yield _asset(
        catalog, ["reports", "site"], make_site, [["kpis", "portfolio"], verdicts], "reports", {"html"},
        "One page per study and an index, readable without a server.",
    )  # fmt: skip


def _asset(
    catalog: Catalog, key: list[str], stage: Stage, deps: list[Any], group: str, kinds: set[str], description: str
) -> dg.AssetsDefinition:
    @dg.asset(key=key, deps=deps, group_name=group, kinds=kinds, description=description, pool="_".join(key))
    def whole_asset(workspace: WorkspaceResource) -> dg.MaterializeResult[Any]:
        opened, began = workspace.open(catalog), perf_counter()
        outcome = guarded(opened, "/".join(key), "", lambda: stage(opened))
        return result_of(outcome, perf_counter() - began)

    return whole_asset
