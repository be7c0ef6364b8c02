"""Groups of a look that hold another told group and few units more, of another segment or study, or lie in one.

Where either has some that the other has not, the difference of their sums is no sum of few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.disclosure import CLOSED
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.exposures.unshared import ExposedGroup, exposures_of, units_not_shared
from impact_pipeline.governance.disclosure import EVERYONE, Counts, Group, Margin
from impact_pipeline.lake.results import MARGINS
from impact_pipeline.outcomes.cells import EXPOSED
from impact_pipeline.outcomes.margins import Margins
from impact_pipeline.stages.workspace import Workspace

Told = tuple[Study, Group, Counts]
Pair = tuple[ExposedGroup, ExposedGroup]


def near_groups(workspace: Workspace, study: Study, exposed: Margin) -> tuple[Group, ...]:
    """Those whose units, or those of an arm, are another's and few more, or lack few of them.

    A group of this study yields to those of segments before it, and to those of other studies that are told already.
    """
    policy = workspace.catalog.disclosure
    if policy.tells_all or policy == CLOSED:
        return ()
    own, found = _groups(exposed), set[Group]()
    for other, told in [(study, own), *_others(workspace, study)]:
        alike = [
            pair
            for group, counts in own.items()
            for one, theirs in told.items()
            if other is not study or "" < one[0] < group[0]
            for pair in _alike((study, group, counts), (other, one, theirs), policy.minimum_group_size)
        ]
        found |= _few_apart(workspace, study, other, alike)
    return tuple(group for group in own if group in found)


def _groups(exposed: Margin) -> dict[Group, Counts]:
    values = {(name, value): counts for name, own in exposed.segments.items() for value, counts in own.items()}
    return {EVERYONE: exposed.whole, **values}


def _others(workspace: Workspace, study: Study) -> Iterator[tuple[Study, dict[Group, Counts]]]:
    """Other studies about such units that read one of the metrics, with the groups of them that are told."""
    metrics = {use.metric for use in study.uses}
    for name, plan in workspace.catalog.plans.items():
        if name == study.name or plan.entity != study.plan.entity or plan.ends < study.plan.starts:
            continue
        if plan.sample is not None or not metrics & {use.metric for use in plan.metrics}:
            continue
        other = workspace.catalog.study(name)
        try:
            margin = workspace.lake.results.current(name, MARGINS, Margins).value.readings[EXPOSED]
            columns = {segment_column(EVERYONE[0]), *workspace.lake.exposures(other.table).schema().names}
        except LakeError:
            continue
        told = {
            group: counts
            for group, counts in _groups(margin).items()
            if group not in margin.near and segment_column(group[0]) in columns
        }
        yield other, {} if EVERYONE in margin.near else told


def _alike(mine: Told, theirs: Told, least: int) -> Iterator[Pair]:
    """Arms of both that may be few units apart: enough of them, and about as many."""
    (study, group, counts), (other, one, their_counts) = mine, theirs
    for own, their in _arms(study, other):
        a, b = _units(counts, own), _units(their_counts, their)
        if min(a, b) >= least and abs(a - b) < least:
            yield ExposedGroup(group, own), ExposedGroup(one, their)


def _few_apart(workspace: Workspace, study: Study, other: Study, alike: Sequence[Pair]) -> set[Group]:
    """Groups of the study of which a pair holds the other and few units more, or lies in it."""
    found = set[Group]()
    if not alike:
        return found
    with workspace.engine.session(exposures_of(study, other, workspace.lake)) as session:
        for mine, theirs in alike:
            if mine.group not in found:
                fewer, more = sorted(units_not_shared(mine, theirs, session))
                if fewer == 0 < more < workspace.catalog.disclosure.minimum_group_size:
                    found.add(mine.group)
    return found


def _arms(study: Study, other: Study) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The same arm of one study; of two, each pair of arms, and all arms of both."""
    if other is study:
        yield from (((arm,), (arm,)) for arm in study.arms)
        return
    yield study.arms, other.arms
    yield from (((a,), (b,)) for a, b in product(study.arms, other.arms))


def _units(counts: Mapping[str, int], arms: tuple[str, ...]) -> int:
    return sum(counts.get(arm, 0) for arm in arms)
