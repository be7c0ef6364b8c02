"""A first document for a new plan: a design's block, and what earlier plans of the product area measure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.document import RESERVED_NAMES
from impact_pipeline.catalog.load import NAME
from impact_pipeline.catalog.model import MlModel
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.errors import InputError

DAYS = 14

_ARMS = "arms: {control: 0.5, treatment: 0.5}, control: control"
_PANEL = "sample: {type: panel, period: day, treatment: treatment}"
_SERIES = "sample: {type: series, period: day, starts: STARTS}"
_ROWS = "sample: {type: cross_section, treatment: treatment, covariates: []}"

DESIGNS: Mapping[str, tuple[str, ...]] = {
    "randomized": (f"design: {{type: randomized, {_ARMS}}}",),
    "cluster_randomized": (f"design: {{type: cluster_randomized, {_ARMS}, cluster: region}}",),
    "switchback": (
        f"design: {{type: switchback, {_ARMS}, cluster: region, block_minutes: 60, washout_minutes: 10}}",
    ),
    "holdout": ("design: {type: holdout, arms: {holdout: 0.05, everyone: 0.95}, control: holdout, holds_back: HELD}",),
    "staged_rollout": (
        "design:", "  type: staged_rollout", "  control: control", "  phases:",
        "    - {starts: STARTS, arms: {control: 0.9, treatment: 0.1}}",
        "    - {starts: SECOND, arms: {control: 0.5, treatment: 0.5}}",
    ),
    "difference_in_differences": ("design: {type: difference_in_differences}", _PANEL),
    "staggered_adoption": ("design: {type: staggered_adoption}", _PANEL),
    "synthetic_control": (
        "design: {type: synthetic_control, method: synthetic_difference_in_differences}", _PANEL,
    ),
    "observational": ("design: {type: observational, estimator: aipw}", _ROWS),
    "regression_discontinuity": (
        "design: {type: regression_discontinuity, cutoff: 0}",
        "sample: {type: cross_section, treatment: treatment, score: score}",
    ),
    "instrumental_variables": (
        "design: {type: instrumental_variables}",
        "sample: {type: cross_section, treatment: treatment, instruments: [instrument]}",
    ),
    "interrupted_time_series": ("design: {type: interrupted_time_series}", _SERIES),
    "structural_time_series": ("design: {type: structural_time_series}", _SERIES),
    "off_policy_evaluation": (
        "design: {type: off_policy_evaluation}",
        "sample: {type: logged_decisions, propensity: propensity, target_policy: uniform}",
    ),
}  # fmt: skip
"""Type of design -> its lines of a plan; what names columns is to be replaced by the author's own."""


def template(catalog: Catalog, name: str, *, design: str, area: str, starts: date) -> str:
    """The document of a plan called `name`, for the models of a product area; `impact check` says what is left to do.

    Raises `InputError` for a name that is taken or none, a design or an area that is not known.
    """
    if not NAME.fullmatch(name) or name in RESERVED_NAMES or name in catalog.studies:
        why = (
            "is taken by another plan" if name in catalog.studies else "is no name: small letters, digits, underscores"
        )
        raise InputError(f"'{name}' {why}; choose another")
    if design not in DESIGNS:
        raise InputError(f"--design '{design}' is not known; designs are {', '.join(DESIGNS)}")
    models = [model for model in catalog.models.values() if model.product_area == area]
    if not models:
        areas = sorted({model.product_area for model in catalog.models.values()})
        raise InputError(f"--area '{area}' has no model; areas are {', '.join(areas) or 'none yet'}")
    of_area = [plan for plan in catalog.plans.values() if plan.change.model in {model.name for model in models}]
    known = of_area or list(catalog.plans.values())
    return "\n".join(_lines(catalog, name, design, models[0], known, starts)) + "\n"


def _lines(
    catalog: Catalog, name: str, design: str, model: MlModel, known: Sequence[EvaluationPlan], starts: date
) -> Iterator[str]:
    before, after = (model.versions[-2:] * 2)[:2]
    yield "# yaml-language-server: $schema=../schemas/study.json"
    yield "apiVersion: impact-plan/v1"
    yield f"name: {name}"
    yield f"title: {_text(f'{model.name} {after.version} against {before.version}')}"
    yield f"owner: {_text(model.owner)}"
    yield "description: What is changed, for whom, and how units come to their arms."
    versions = f"from_version: {_text(before.version)}, to_version: {_text(after.version)}"
    yield f"change: {{model: {model.name}, {versions}}}"
    yield "hypothesis: What should rise, what must not fall, and why."
    held = json.dumps([plan.name for plan in known] or ["other_study"])
    dates = {"STARTS": starts.isoformat(), "SECOND": (starts + timedelta(days=2)).isoformat(), "HELD": held}
    yield f"entity: {known[0].entity if known else 'user'}"
    yield from (_filled(line, dates) for line in DESIGNS[design])
    yield f"exposure: {_exposure(known, name)}"
    yield f"starts: {starts}"
    yield f"ends: {starts + timedelta(days=DAYS - 1)}"
    yield "metrics:"
    yield from (f"  - {_flow(use)}" for use in _uses(catalog, known))
    yield "# governance: {reviewers: [somebody], ethics: false, privacy: false}"


def _uses(catalog: Catalog, known: Sequence[EvaluationPlan]) -> list[dict[str, object]]:
    """What earlier plans judge, each metric once and without what they expected of it."""
    found: dict[str, dict[str, object]] = {}
    for use in (use for plan in known for use in plan.metrics):
        kept = use.model_dump(mode="json", exclude_unset=True, exclude={"expected", "harm"})
        found.setdefault(use.name, {"role": kept.pop("role"), **kept})
    if found:
        return list(found.values())
    if not catalog.metrics:
        raise InputError("the catalog has no metric yet, and a plan needs one; write it first, in catalog/metrics")
    return [{"role": "success", "metric": next(iter(catalog.metrics))}]


def _exposure(known: Sequence[EvaluationPlan], name: str) -> str:
    """As an earlier plan reads its contacts, with this study's name where that one's stood."""
    if not known:
        return "{dataset: exposures, arm_column: arm, exposed_at: exposed_at}"
    rule = known[0].exposure.model_dump(mode="json", exclude_unset=True)
    if "filter" in rule:
        rule["filter"] = rule["filter"].replace(f"'{known[0].name}'", f"'{name}'")
    return _flow(rule)


def _filled(line: str, values: Mapping[str, str]) -> str:
    return re.sub("|".join(values), lambda found: values[found[0]], line)


def _flow(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
