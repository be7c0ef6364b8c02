"""A postmortem in Markdown: what a study's record tells, and the words that people put beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.postmortem import Postmortem
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.plan_diff import read_change
from impact_pipeline.governance.reviews import Review
from impact_pipeline.reports.definition import rule_in_words
from impact_pipeline.reports.expectation import expectation_rows
from impact_pipeline.reports.look import DayFailure, Look, StudyFailure
from impact_pipeline.reports.markdown import escaped
from impact_pipeline.reports.narrative import headline, impact_sentence, interim
from impact_pipeline.reports.provenance import restatements

NOBODY = "_Nobody has written it yet: `{field}` in catalog/postmortems/{study}.yaml._"
PEOPLE = {
    "surprises": "What surprised us", "root_causes": "Root causes", "lessons": "Lessons", "actions": "What we do next",
}  # fmt: skip
_SEAL = re.compile(r"<!-- ([0-9a-f]{16}): [^\n]*-->\n\Z")
_TOLD = "written by `impact postmortem`; what people know goes into catalog/postmortems, not here"


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """`entries` are those of the ledger, `cards` the looks' results in the order in which they were recorded."""

    study: Study
    entries: tuple[Entry, ...]
    cards: tuple[Scorecard, ...]
    failures: tuple[StudyFailure | DayFailure, ...]
    reviews: tuple[Review, ...]
    words: Postmortem | None

    @property
    def look(self) -> Look | None:
        return Look(self.cards[-1], self.study, self.reviews) if self.cards else None


def postmortem(record: StudyRecord) -> str:
    """The document, sealed: `untouched` says whether it is still what was written."""
    parts = [
        _head(record), _section("What was planned", _planned(record)), _section("What happened", _happened(record)),
        _section("Effects against what was expected", _effects(record.look)), _section("Money", _money(record.look)),
        _section("Decisions", _decisions(record)), _section("Reviews", _reviews(record)),
        *(_section(title, _words(record, field)) for field, title in PEOPLE.items()),
    ]  # fmt: skip
    text = "\n".join(parts) + "\n"
    return f"{text}<!-- {_mark(text)}: {_TOLD} -->\n"


def untouched(text: str) -> bool:
    """Whether a text is one that `postmortem` made and nobody changed."""
    seal = _SEAL.search(text)
    return seal is not None and seal[1] == _mark(text[: seal.start()])


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *(list(lines) or ["Nothing is on the record."]), ""])


def _head(record: StudyRecord) -> str:
    look = record.look
    told = f"{headline(look)}. {interim(look)}" if look else "No look has been taken."
    return f"# Postmortem: {escaped(record.study.plan.title)}\n\n{escaped(told)}\n"


def _planned(record: StudyRecord) -> Iterator[str]:
    plan, change = record.study.plan, record.study.plan.change
    yield f"- Change: {escaped(f'{change.model} from {change.from_version} to {change.to_version}')}"
    yield f"- Hypothesis: {escaped(plan.hypothesis)}"
    yield f"- Exposure: {escaped(f'{plan.starts} to {plan.ends}, planned look {record.study.planned_look}')}"
    yield f"- Decision rule: {escaped(rule_in_words(record.study))}"
    for entry in record.entries:
        if entry.event == "registration":
            yield _act(entry, f"registered it as {entry.payload['digest']}")
        if entry.event == "amendment":
            yield _act(entry, "amended it")
            yield from (f"  - {escaped(str(read_change(change)))}" for change in entry.payload["changes"])
    if record.look:
        told = (f"Outside the plan: {deviation}" for deviation in record.look.card.verdict.deviations)
        yield from (f"- {escaped(line)}" for line in told)


def _happened(record: StudyRecord) -> list[str]:
    looks, troubles = list(_looks(record)), list(_troubles(record))
    return [*looks, *([""] if looks and troubles else []), *troubles]


def _looks(record: StudyRecord) -> Iterator[str]:
    verdicts = [entry.payload for entry in record.entries if entry.event == "verdict"]
    if verdicts:
        yield "| look | verdict | grade | final | result |"
        yield "|---|---|---|---|---|"
    for one in verdicts:
        final = "exploratory" if one["exploratory"] else "yes" if one["final"] else "no"
        cells = (one["as_of"], one["decision"], one["grade"], final, one["result_id"][:16])
        yield f"| {' | '.join(map(escaped, cells))} |"


def _troubles(record: StudyRecord) -> Iterator[str]:
    findings = record.look.asked_findings if record.look else ()
    failed = [one for one in findings if one.passed is False and one.consequence != "none"]
    yield from (f"- Failed check: {escaped(f'{one.diagnostic}: {one.sentence}')}" for one in failed)
    yield from (f"- {escaped(told)}" for told in _restated(record))
    for failure in record.failures:
        where = failure.stage if isinstance(failure, StudyFailure) else f"{failure.asset} {failure.day}"
        yield f"- Stands failed: {escaped(f'{where}: {failure.message}')}"


def _restated(record: StudyRecord) -> Iterator[str]:
    for before, card in zip(record.cards, record.cards[1:], strict=False):
        for told in restatements(Look(card, record.study), before):
            yield f"Look of {card.as_of}: {told}"


def _effects(look: Look | None) -> Iterator[str]:
    if look is None:
        return
    if not look.usable:
        yield "The study is invalid: its numbers may not be used."
        return
    yield "| metric | role | expected | effect | interval | p | came out |"
    yield "|---|---|---|---|---|---|---|"
    for row in expectation_rows(look):
        cells = (row.label, row.role, row.expected, row.effect, row.interval, row.p_value, row.came_out)
        yield f"| {' | '.join(map(escaped, cells))} |"


def _money(look: Look | None) -> Iterator[str]:
    for impact in look.card.impacts if look and look.usable else ():
        yield escaped(impact_sentence(impact, look.study.plan.entity if look else ""))


def _decisions(record: StudyRecord) -> Iterator[str]:
    if record.look:
        verdict = record.look.card.verdict
        yield from (f"- {escaped(reason)}" for reason in verdict.reasons)
        yield f"- Next step: {escaped(verdict.next_step)}"
    for entry in record.entries:
        if entry.event == "approval":
            yield _act(entry, f"approved it as {entry.payload['approval']}")
        if entry.event in ("closure", "abandonment"):
            yield _act(entry, "closed the plan" if entry.event == "closure" else "gave up the plan")


def _reviews(record: StudyRecord) -> Iterator[str]:
    for one in record.reviews:
        about = f"{one.kind} of the look of {one.as_of or one.result_id[:16]} ({one.state})"
        yield f"- {escaped(f'{one.written_on}, {one.author}, {about}: {one.text}')}"
        yield from (f"  - {escaped(f'{a.written_on}, {a.author}: {a.text}')}" for a in one.answers)


def _words(record: StudyRecord, field: str) -> Iterator[str]:
    said: Sequence[str] = getattr(record.words, field, ())
    if field == "lessons" and record.words:
        said = [f"{one.text} {' '.join(f'[{tag}]' for tag in one.tags)}".strip() for one in record.words.lessons]
    yield from (f"- {escaped(one)}" for one in said)
    if not said:
        yield NOBODY.format(field=field, study=record.study.name)


def _act(entry: Entry, done: str) -> str:
    """Who did what when, and why."""
    reason = f": {entry.payload['reason']}" if entry.payload.get("reason") else ""
    return f"- {escaped(f'{entry.day}, {entry.actor} {done}{reason}')}"
