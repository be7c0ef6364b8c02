"""Read a catalog folder: parse every file, link, apply the rules, and report every fault at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from impact_pipeline.catalog.catalog import Catalog, DocumentKind, Key, Origin
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.disclosure import CLOSED, DEFAULT, POLICY_FILE, DisclosurePolicy
from impact_pipeline.catalog.document import NAME_PATTERN
from impact_pipeline.catalog.epoch import KeyEpoch
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.faults import located
from impact_pipeline.catalog.feature import FeatureDocument, LearntFeature
from impact_pipeline.catalog.issues import CatalogError, Issue
from impact_pipeline.catalog.metrics.registry import metric_document
from impact_pipeline.catalog.model import MlModel
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.catalog.postmortem import Postmortem
from impact_pipeline.catalog.review import ReviewDocument
from impact_pipeline.catalog.rules import LINKED_RULES, RULES, Rule
from impact_pipeline.catalog.source import SourceDocument
from impact_pipeline.catalog.strict_yaml import YamlFault, parse
from impact_pipeline.errors import InputError

FOLDERS: Mapping[str, DocumentKind] = {
    "sources": "source",
    "contracts": "contract",
    "facts": "fact",
    "features": "feature",
    "metrics": "metric",
    "models": "model",
    "studies": "study",
    "reviews": "review",
    "postmortems": "postmortem",
    "epochs": "epoch",
}

ACCESS_FILE = "access.yaml"
"""The one document that stands beside the folders, see `catalog/access.py`."""

_DOCUMENTS: Mapping[DocumentKind, Any] = {
    "source": SourceDocument,
    "contract": Contract,
    "fact": Fact,
    "feature": FeatureDocument,
    "model": MlModel,
    "study": EvaluationPlan,
    "review": ReviewDocument,
    "postmortem": Postmortem,
    "epoch": KeyEpoch,
}

NAME = re.compile(NAME_PATTERN)
_POLICY: Key = ("source", POLICY_FILE)


@cache
def document_adapter(kind: DocumentKind) -> TypeAdapter[Any]:
    """What reads documents of a kind; metric types of installed packages included."""
    return metric_document() if kind == "metric" else TypeAdapter(_DOCUMENTS[kind])


@dataclass(slots=True)
class _Reading:
    """What has been read so far; becomes a `Catalog` once linked."""

    documents: dict[Key, Any] = field(default_factory=dict)
    origins: dict[Key, Origin] = field(default_factory=dict)
    broken: dict[Key, tuple[Issue, ...]] = field(default_factory=dict)

    def refuse(self, key: Key, *issues: Issue) -> None:
        self.broken[key] = (*self.broken.get(key, ()), *issues)


def read_catalog(root: Path) -> Catalog:
    """The catalog under `root`, all of it sound; raises `CatalogError` with every fault otherwise."""
    catalog = read_sound_part(root)
    if catalog.broken:
        raise CatalogError(issue for issues in catalog.broken.values() for issue in issues)
    return catalog


def read_sound_part(root: Path) -> Catalog:
    """The documents that are sound; the faults of the others are in `broken`. A night runs on this."""
    if not root.is_dir():
        raise InputError(f"{root}: there is no catalog in this folder; give the folder that holds {', '.join(FOLDERS)}")
    reading = _Reading()
    for folder, kind in FOLDERS.items():
        for path in sorted((root / folder).glob("*.y*ml")):
            _read_file(reading, root, path, kind)
    for path in _misplaced(root):
        origin = Origin(str(path.relative_to(root)), {})
        allowed = ", ".join(FOLDERS)
        told = f"folders are {allowed}; move the file directly into one; roles stand in {ACCESS_FILE} at the top"
        message = f"no document is read from here; {told}"
        reading.refuse(("source", origin.file), origin.issue((), message))
    policy = _policy(reading, root)
    return _linked(replace(_catalog(root, reading), disclosure=policy))


def _misplaced(root: Path) -> Iterator[Path]:
    """YAML files that stand in no kind's folder, or deeper than its top, where nothing would read them."""
    for path in sorted(root.rglob("*.y*ml")):
        place = path.relative_to(root).parts
        if place not in ((ACCESS_FILE,), (POLICY_FILE,)) and (place[0] not in FOLDERS or len(place) != 2):
            yield path


def _policy(reading: _Reading, root: Path) -> DisclosurePolicy:
    """The policy of disclosure as written, or the default; one with a fault closes everything."""
    path, key = root / POLICY_FILE, _POLICY
    if not path.exists():
        return DEFAULT
    try:
        parsed = parse(document_text(path, root))
        return DisclosurePolicy.model_validate_json(json.dumps(parsed.value), strict=True)
    except YamlFault as fault:
        reading.refuse(key, Issue(POLICY_FILE, fault.line, "document", str(fault)))
    except ValidationError as error:
        reading.refuse(key, *located(error, parsed, Origin(POLICY_FILE, parsed.lines)))
    return CLOSED


def _read_file(reading: _Reading, root: Path, path: Path, kind: DocumentKind) -> None:
    file = str(path.relative_to(root))
    by_file = _safe_name(path.name.split(".")[0])
    try:
        parsed = parse(document_text(path, root))
    except YamlFault as fault:
        reading.refuse((kind, by_file), Issue(file, fault.line, "document", str(fault)))
        return
    name = parsed.value.get("name")
    key: Key = (kind, name if isinstance(name, str) and NAME.fullmatch(name) else by_file)
    origin = Origin(file, parsed.lines)
    if key in reading.origins:
        first = reading.origins[key].file
        message = f"{kind} '{key[1]}' is already defined in {first}; names are unique within a kind; rename one"
        reading.refuse((kind, by_file), origin.issue(("name",), message))
        return
    reading.origins[key] = origin
    try:
        reading.documents[key] = document_adapter(kind).validate_json(json.dumps(parsed.value), strict=True)
    except ValidationError as error:
        reading.refuse(key, *located(error, parsed, origin))


def _safe_name(stem: str) -> str:
    """A name made of a file's, for a document that gives no sound one: it is shown, and used as a key."""
    return re.sub(r"[^a-z0-9_]", "_", stem.lower())[:60] or "unnamed"


def document_text(path: Path, root: Path) -> str:
    """The text of a document below `root`; raises `YamlFault`."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise YamlFault(1, "a link that leaves the catalog's folder; put the document itself here")
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise YamlFault(1, f"cannot be read as UTF-8 text ({type(error).__name__})") from None


def _catalog(root: Path, reading: _Reading) -> Catalog:
    def named(kind: DocumentKind) -> dict[str, Any]:
        return {name: document for (k, name), document in sorted(reading.documents.items()) if k == kind}

    learnt_last = dict(sorted(named("feature").items(), key=lambda item: isinstance(item[1], LearntFeature)))
    return Catalog(
        root, named("source"), named("contract"), named("fact"), learnt_last, named("metric"), named("model"),
        named("study"), reading.origins, reading.broken, named("review"), named("postmortem"), epochs=named("epoch"),
    )  # fmt: skip


def _linked(catalog: Catalog) -> Catalog:
    """Set aside documents that break a rule until no more do: who refers to a faulty one may become faulty."""
    while True:
        faults = _faults(catalog, RULES) or _faults(catalog, LINKED_RULES)
        if not faults:
            return catalog
        catalog = _without(catalog, {key: tuple(sorted(set(issues))) for key, issues in faults.items()})


def _faults(catalog: Catalog, rules: tuple[Rule, ...]) -> dict[Key, list[Issue]]:
    faults: dict[Key, list[Issue]] = {}
    for rule in rules:
        for key, path, message in rule(catalog):
            faults.setdefault(key, []).append(catalog.origins[key].issue(path, message))
    return faults


def _without(catalog: Catalog, faults: Mapping[Key, tuple[Issue, ...]]) -> Catalog:
    def kept(kind: DocumentKind) -> dict[str, Any]:
        return {n: d for n, d in catalog.of_kind(kind).items() if (kind, n) not in faults}

    return replace(
        catalog, sources=kept("source"), contracts=kept("contract"), facts=kept("fact"), features=kept("feature"),
        metrics=kept("metric"), models=kept("model"), plans=kept("study"), broken={**catalog.broken, **faults},
        reviews=kept("review"), postmortems=kept("postmortem"), epochs=kept("epoch"),
    )  # fmt: skip
