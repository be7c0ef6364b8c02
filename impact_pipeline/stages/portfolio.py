"""The stages over all studies: money, portfolio, report site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.governance.erasures import erasures_of
from impact_pipeline.governance.reviews import open_challenges, reviews_of
from impact_pipeline.kpis.base import Impact
from impact_pipeline.kpis.portfolio import PortfolioEntry, portfolio
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.results import SCORECARD
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline.reports.look import DayFailure, Entry, StudyFailure
from impact_pipeline.reports.reviews import challenges_in_markdown
from impact_pipeline.reports.site import write_site
from impact_pipeline.stages.outcome import Outcome, outcome_of
from impact_pipeline.stages.readers import Readers
from impact_pipeline.stages.staleness import portfolio_inputs
from impact_pipeline.stages.study import RESULT_LOGIC, STAGES, current_scorecard
from impact_pipeline.stages.workspace import Workspace

_AMOUNTS = [("amount", pa.float64()), ("lower", pa.float64()), ("upper", pa.float64()), ("level", pa.float64())]
IMPACT_SCHEMA = pa.schema(
    [
        ("study", pa.string()), ("as_of", pa.date32()), ("decision", pa.string()), ("result_id", pa.string()),
        ("metric", pa.string()), ("treatment", pa.string()), ("control", pa.string()), ("currency", pa.string()),
        ("horizon_days", pa.int64()), ("units_per_day", pa.float64()), ("value_per_unit", pa.float64()), *_AMOUNTS,
    ]
)  # fmt: skip
PORTFOLIO_SCHEMA = pa.schema(
    [
        ("currency", pa.string()), ("horizon_days", pa.int64()), ("decided", pa.int64()), ("shipped", pa.int64()),
        ("claimed", pa.float64()), ("corrected", pa.float64()), *_AMOUNTS[1:],
    ]
)  # fmt: skip


def scorecards(catalog: Catalog, lake: Lake) -> tuple[Scorecard, ...]:
    """The current scorecard of every study of the catalog that has one, by name, as readers may see it."""
    names = (name for name in lake.results.studies(SCORECARD) if name in catalog.plans)
    readers = Readers.of(catalog, lake)
    return tuple(readers.card(current_scorecard(lake, name), catalog.study(name)) for name in names)


def entries(catalog: Catalog, lake: Lake) -> tuple[Entry, ...]:
    """Scorecards of the catalog's studies, and what failed of them and stands unmended (its first failed stage)."""
    known = set(catalog.studies)
    order = {f"study/{stage}": number for number, stage in enumerate(STAGES)}
    failed = [f for f in lake.failures.all() if f.asset in order and f.partition in known]
    first = {f.partition: f for f in sorted(failed, key=lambda f: order[f.asset], reverse=True)}
    told = [StudyFailure(f.partition, f.asset, f.message) for _, f in sorted(first.items())]
    return (*scorecards(catalog, lake), *told)


def make_impact(workspace: Workspace) -> Outcome:
    """Publish `kpis/impact`: one row per study and treatment arm that has an amount of money; none while blinded."""
    cards = scorecards(workspace.catalog, workspace.lake)
    rows = [_impact_row(card, impact) for card in cards for impact in card.impacts if isinstance(impact, Impact)]
    made_from = portfolio_inputs(workspace.catalog, workspace.lake)
    return _published(workspace, workspace.lake.kpi("impact"), rows, IMPACT_SCHEMA, made_from, _versions(cards))


def make_portfolio(workspace: Workspace) -> Outcome:
    """Publish `kpis/portfolio`: decided studies' money added up by currency and horizon, corrected for selection."""
    cards = [
        card
        for card in scorecards(workspace.catalog, workspace.lake)
        if card.verdict.final and card.verdict.decision != Decision.INVALID
    ]
    made = [
        PortfolioEntry(impact, card.verdict.decision == Decision.SHIP)
        for card in cards
        for impact in card.impacts
        if isinstance(impact, Impact)
    ]
    rows = [
        {
            "currency": t.currency, "horizon_days": t.horizon_days, "decided": t.decided, "shipped": t.shipped,
            "claimed": t.claimed, "corrected": t.corrected,
            "lower": t.interval.lower, "upper": t.interval.upper, "level": t.interval.level,
        }
        for t in portfolio(made)
    ]  # fmt: skip
    made_from = portfolio_inputs(workspace.catalog, workspace.lake)
    return _published(workspace, workspace.lake.kpi("portfolio"), rows, PORTFOLIO_SCHEMA, made_from, _versions(cards))


def make_site(workspace: Workspace) -> Outcome:
    """Publish `reports/site`: the page of every study and the index."""
    listed = entries(workspace.catalog, workspace.lake)
    reviews = reviews_of(workspace.home, workspace.catalog.reviews.values())
    summary = write_site(
        listed,
        workspace.catalog,
        workspace.reports,
        generated_at=workspace.now,
        previous=_previous(workspace, listed),
        days_failed=_days_failed(workspace.lake),
        reviews=reviews,
        erasures=erasures_of(workspace.home),
    )
    cards = [entry for entry in listed if isinstance(entry, Scorecard)]
    facts = {"index": str(summary.index), "pages": len(summary.digests), "failed_studies": ", ".join(summary.failed)}
    facts |= {"open_challenges": len(open_challenges(reviews))}
    return Outcome(
        len(summary.digests), summary.digest, RESULT_LOGIC, upstream=_versions(cards), facts=facts,
        markdown=challenges_in_markdown(reviews),
    )  # fmt: skip


def _days_failed(lake: Lake) -> tuple[DayFailure, ...]:
    """Data that stand failed; what stands over all studies has no day and is told where it is made."""
    standing = (f for f in lake.failures.all() if f.partition and not f.asset.startswith("study/"))
    return tuple(DayFailure(f.asset, f.partition, f.message) for f in standing)


def _previous(workspace: Workspace, listed: Iterable[Entry]) -> Mapping[str, Scorecard]:
    """Per study the newest scorecard of an earlier date, against which the page tells restatements."""
    readers, found = Readers.of(workspace.catalog, workspace.lake), dict[str, Scorecard]()
    for entry in listed:
        if isinstance(entry, Scorecard):
            earlier = workspace.lake.results.before(entry.study, SCORECARD, entry.as_of, Scorecard)
            if earlier is not None:
                found[entry.study] = readers.earlier(earlier, entry)
    return found


def _impact_row(card: Scorecard, impact: Impact) -> dict[str, object]:
    return {
        "study": card.study, "as_of": card.as_of, "decision": card.verdict.decision.value,
        "result_id": card.provenance.result_id, "metric": impact.metric, "treatment": impact.contrast.treatment,
        "control": impact.contrast.control, "currency": impact.currency, "horizon_days": impact.horizon_days,
        "units_per_day": impact.units_per_day, "value_per_unit": impact.value_per_unit, "amount": impact.amount,
        "lower": impact.interval.lower, "upper": impact.interval.upper, "level": impact.interval.level,
    }  # fmt: skip


def _versions(cards: Iterable[Scorecard]) -> dict[str, str]:
    return {f"study/verdict {card.study}": card.provenance.result_id for card in cards}


def _published(
    workspace: Workspace, table: LakeTable, rows: list[dict[str, object]], schema: pa.Schema, made_from: str,
    upstream: Mapping[str, str],
) -> Outcome:  # fmt: skip
    standing = table.current(made_from)
    if standing is None:
        reader = pa.RecordBatchReader.from_batches(schema, pa.Table.from_pylist(rows, schema=schema).to_batches())
        standing = table.publish(reader, generation=workspace.generation, input_digest=made_from)
    return outcome_of(table, standing, RESULT_LOGIC, upstream=upstream)
