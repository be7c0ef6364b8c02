"""The HTML of the site: one page a study, and the index. Templates escape every value and refuse an undefined one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from impact_pipeline.catalog.glossary import Term
from impact_pipeline.catalog.model import ModelVersion
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.erasures import NO_ERASURES, Erasures
from impact_pipeline.kpis.base import Impact
from impact_pipeline.reports import definition, formatting, narrative
from impact_pipeline.reports.blinded_rows import precision_rows, progress
from impact_pipeline.reports.causal_rows import attempt_rows, effect_rows, number_rows, published_rows
from impact_pipeline.reports.comparison_rows import bayesian_rows, family_rows, segment_comparison_rows
from impact_pipeline.reports.holdout_rows import holdout_rows
from impact_pipeline.reports.lessons import Lesson
from impact_pipeline.reports.look import DayFailure, Look, StudyFailure
from impact_pipeline.reports.provenance import erased_since, input_spans, restatements
from impact_pipeline.reports.reviews import review_rows
from impact_pipeline.reports.rows import EstimateRow, estimate_rows

if TYPE_CHECKING:
    from impact_pipeline.reports.figure import Figure


GLOSSARY_TITLES = {
    "metric": "Metrics", "feature": "Features", "fact": "Facts", "model": "Models", "contract": "Contracts",
}  # fmt: skip


def study_body(
    look: Look, failed: Sequence[StudyFailure], previous: Scorecard | None, erasures: Erasures = NO_ERASURES
) -> str:
    """The page of one study without what depends on the clock."""
    versions = look.study.catalog.models.get(look.study.plan.change.model)
    notes = {version.version: version for version in versions.versions} if versions else {}
    return _template("study.html").render(
        look=look, card=look.card, plan=look.study.plan, study=look.study, failed=failed,
        change_notes=_change_notes(look, notes), rows=estimate_rows(look, look.results), figures=_study_figures(look),
        sentences=[narrative.sentence(look, result) for result in look.results if look.usable],
        exposed=_exposed(look), beside_rows=estimate_rows(look, look.beside), bayesian=bayesian_rows(look),
        comparisons=segment_comparison_rows(look), family=family_rows(look),
        segment_rows=estimate_rows(look, look.segment_results),
        other_rows=estimate_rows(look, look.other_basis), causal=_causal(look), spans=input_spans(look.card),
        restated=restatements(look, previous, erasures) if previous else (),
        erased=erased_since(look.card, erasures), reviews=review_rows(look),
        precision=precision_rows(look), progress=progress(look),
    )  # fmt: skip


def index_body(
    looks: Sequence[Look],
    failed: Sequence[StudyFailure],
    pages: frozenset[str],
    days_failed: Sequence[DayFailure] = (),
    *,
    calibrated: bool = False,
) -> str:
    """The list of all studies; `pages` are the studies that have a page to link to, `calibrated` if estimators do."""
    from impact_pipeline.reports import charts
    from impact_pipeline.reports.interval_chart import MOST_ROWS

    figures = {"portfolio": _drawn(charts.portfolio(looks)), "money": _drawn(charts.money_overview(looks))}
    rows = [(look, _key_row(look), _amounts(look)) for look in looks]
    return _template("index.html").render(
        rows=rows,
        failed=failed,
        days_failed=days_failed,
        pages=pages,
        figures=figures,
        most_rows=MOST_ROWS,
        holdouts=holdout_rows(looks),
        calibrated=calibrated,
    )


def lessons_body(lessons: Sequence[Lesson], pages: frozenset[str]) -> str:
    """What was learnt, study by study; `pages` are the studies that have a page to link to."""
    listed = {one.study: [other for other in lessons if other.study == one.study] for one in lessons}
    return _template("lessons.html").render(studies=listed, pages=pages)


def glossary_body(terms: Sequence[Term], pages: frozenset[str]) -> str:
    """What names mean, kind by kind; `pages` are the studies that have a page to link to."""
    kinds = {kind: [term for term in terms if term.kind == kind] for kind in dict.fromkeys(term.kind for term in terms)}
    return _template("glossary.html").render(kinds=kinds, titles=GLOSSARY_TITLES, pages=pages)


def rendered(template: str, **values: object) -> str:
    """A body made from a template of the site."""
    return _template(template).render(**values)


def whole_page(title: str, body: str, footer: str) -> str:
    """A body inside the frame that carries style and footer."""
    return _template("page.html").render(title=title, body=Markup(body), footer=footer)


def _study_figures(look: Look) -> Mapping[str, Markup | None]:
    from impact_pipeline.reports import charts
    from impact_pipeline.reports.trajectory_chart import trajectory

    figures = {"forest": charts.forest(look), "trajectory": trajectory(look), "segments": charts.segments(look)}
    return {name: _drawn(figure) for name, figure in figures.items()}


def _causal(look: Look) -> Mapping[str, object] | None:
    """Tables and pictures of a quasi-experiment; None where units were randomised."""
    if not look.is_causal:
        return None
    from impact_pipeline.reports.exhibit_charts import causal_figures

    return {
        "attempts": attempt_rows(look), "effects": effect_rows(look), "numbers": number_rows(look),
        "published": published_rows(look), "pictures": [picture.svg() for picture in causal_figures(look)],
    }  # fmt: skip


def _drawn(figure: Figure | None) -> Markup | None:
    return figure.svg() if figure else None


def _key_row(look: Look) -> EstimateRow | None:
    return estimate_rows(look, [look.key])[0] if look.key else None


def _amounts(look: Look) -> list[formatting.Shown]:
    found = (impact for impact in look.card.impacts if isinstance(impact, Impact))
    return [formatting.money(impact.amount, impact.interval, impact.currency) for impact in found]


def _exposed(look: Look) -> str:
    counts = look.card.exposed_per_arm
    if not counts:
        return "units by arm are withheld: too few, or too few more than at an earlier look"
    return ", ".join(f"{arm} {formatting.count(counts.get(arm, 0))}" for arm in look.arms)


def _change_notes(look: Look, versions: Mapping[str, ModelVersion]) -> list[tuple[str, str]]:
    change = look.study.plan.change
    named = (change.from_version, change.to_version)
    return [(name, versions[name].notes) for name in named if name in versions]


def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("impact_pipeline.reports"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=_finalised,
    )  # fmt: skip
    environment.globals.update(
        headline=narrative.headline, interim=narrative.interim, impact_sentence=narrative.impact_sentence,
        grades=narrative.GRADES, count=formatting.count, definitions=definition.metric_definitions,
        arms_in_words=definition.arms_in_words, rule_in_words=definition.rule_in_words,
        estimand_in_words=definition.estimand_in_words,
        looks_in_words=definition.looks_in_words,
    )  # fmt: skip
    return environment


def _finalised(value: object) -> object:
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", formatting.visible(value))
