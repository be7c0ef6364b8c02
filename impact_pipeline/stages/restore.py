"""The inputs of a stored result laid out again as they stood: trusted days, feature days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from impact_pipeline.errors import LakeError
from impact_pipeline.governance.erasures import Erasures
from impact_pipeline.lake.commits import HeldPartition, held_partitions, state_and_schema
from impact_pipeline.lake.content import fault_of
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.snapshot import lay_out
from impact_pipeline.lake.tables import LakeTable


@dataclass(frozen=True, slots=True)
class InputFault:
    """An input that is not what was recorded; `place` is 'trusted/orders 2026-03-04'."""

    place: str
    sentence: str


def restore_inputs(
    lake: Lake, scratch: Lake, inputs: Mapping[str, Mapping[str, str]], erasures: Erasures
) -> tuple[InputFault, ...]:
    """Lay out every recorded day in `scratch`, each checked row by row; says which are not to be had as recorded.

    Of days that erasures reduced, what they left.
    """
    faults: list[InputFault] = []
    for name in sorted(inputs):
        wanted = {day: erasures.now(trusted_mark(mark)).fingerprint for day, mark in inputs[name].items()}
        try:
            faults += _restored(name, table_of(lake, name), table_of(scratch, name), wanted)
        except LakeError as error:
            faults.append(InputFault(name, str(error)))
    return tuple(faults)


def _restored(name: str, table: LakeTable, target: LakeTable, wanted: Mapping[str, str]) -> list[InputFault]:
    held = held_partitions(table, wanted) if wanted else {}
    faults = list(_faults(name, table, wanted, held))
    if not faults:
        lay_out(table, held, target)
    return faults


def table_of(lake: Lake, name: str) -> LakeTable:
    """The table of 'trusted/orders' or 'features/country'."""
    kind, _, rest = name.partition("/")
    return lake.trusted(rest) if kind == "trusted" else lake.feature(rest)


def trusted_mark(mark: str) -> str:
    """The fingerprint of trusted rows in a mark that may name the folded day's beside it.

    >>> trusted_mark("ab12"), trusted_mark("ab12+cd34")
    ('ab12', 'ab12')
    """
    return mark.partition("+")[0]


def _faults(
    name: str, table: LakeTable, wanted: Mapping[str, str], held: Mapping[str, HeldPartition]
) -> Iterator[InputFault]:
    states, schema = state_and_schema(table)
    for day, mark in sorted(wanted.items()):
        place = f"{name} {day}"
        if day not in held:
            now = states[day].fingerprint if day in states else "nothing"
            yield InputFault(place, f"{place} was read with fingerprint {mark}; the lake holds {now} and not that")
        elif schema is not None and (fault := fault_of(table, held[day], schema)):
            yield InputFault(place, f"{place}: {fault}")
