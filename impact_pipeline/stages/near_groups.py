"""Groups of a look that hold another told group and few units more, of another segment or study, or lie in one.

Where either has some that the other has not, the difference of their sums is no sum of few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.disclosure import CLOSED
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.exposures.unshared import ExposedGroup, units_not_shared
from impact_pipeline.governance.disclosure import EVERYONE, Counts, Group, Margin
from impact_pipeline.lake.results import MARGINS
from impact_pipeline.outcomes.cells import EXPOSED
from impact_pipeline.outcomes.margins import Margins
from impact_pipeline.stages.workspace import Workspace


def near_groups(workspace: Workspace, study: Study, exposed: Margin) -> tuple[Group, ...]:
    """Those whose units, or those of an arm, are another's and few more, or lack few of them.

    A group of this study yields to those of segments before it, and to those of other studies that are told already.
    """
    policy = workspace.catalog.disclosure
    if policy.tells_all or policy == CLOSED:
        return ()
    own, others = _groups(exposed), list(_others(workspace, study))
    found = [
        group
        for group, counts in own.items()
        if any(_near(workspace, study, group, counts, study, one, theirs, pooled=False)
               for one, theirs in own.items() if "" < one[0] < group[0])
        or any(_near(workspace, study, group, counts, other, one, theirs, pooled=True)
               for other, told in others for one, theirs in told.items())
    ]  # fmt: skip
    return tuple(found)


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


def _near(
    workspace: Workspace, study: Study, group: Group, counts: Counts, other: Study, one: Group, theirs: Counts,
    *, pooled: bool,
) -> bool:  # fmt: skip
    """Groups of which one has many more units than the other are not asked for."""
    least = workspace.catalog.disclosure.minimum_group_size
    for mine, their in _arms(study, other, pooled=pooled):
        a, b = _units(counts, mine), _units(theirs, their)
        if min(a, b) < least or abs(a - b) >= least:
            continue
        groups = ExposedGroup(study, group, mine), ExposedGroup(other, one, their)
        fewer, more = sorted(units_not_shared(*groups, workspace.lake, workspace.engine))
        if fewer == 0 < more < least:
            return True
    return False


def _arms(study: Study, other: Study, *, pooled: bool) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The same arm of one study; of two, each pair of arms, and all arms of both."""
    if not pooled:
        yield from (((arm,), (arm,)) for arm in study.arms)
        return
    yield study.arms, other.arms
    yield from (((a,), (b,)) for a, b in product(study.arms, other.arms))


def _units(counts: Mapping[str, int], arms: tuple[str, ...]) -> int:
    return sum(counts.get(arm, 0) for arm in arms)
