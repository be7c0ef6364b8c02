"""Two plain JSON values held against each other, field by field, with the place of each difference in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEYS = ("metric", "diagnostic", "method", "contrast", "segment", "variant", "as_of", "name")
"""Fields that say which of a list an entry is."""

SHOWN = 80


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `before` or `after` is None where the field is not there."""

    place: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.place}: {_short(self.before)} -> {_short(self.after)}"

    def as_json(self) -> dict[str, Any]:
        return {"place": self.place, "before": self.before, "after": self.after}


def changed_fields(before: Any, after: Any, place: str = "") -> Iterator[FieldChange]:
    """Every leaf that differs, in the order of the fields; entries of lists are matched by what names them.

    >>> [str(change) for change in changed_fields({"n": 1, "same": 2}, {"n": 3, "same": 2}, "card")]
    ['card.n: 1 -> 3']
    >>> rows = [{"metric": "orders", "value": 1.0}, {"metric": "clicks", "value": 2.0}]
    >>> [str(change) for change in changed_fields(rows, [{**rows[1], "value": 2.5}, rows[0]])]
    ['[clicks].value: 2.0 -> 2.5']
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from changed_fields(before.get(name), after.get(name), f"{place}.{name}" if place else str(name))
    elif _listed(before) and _listed(after):
        left, right = _named(before), _named(after)
        for name in [*left, *(name for name in right if name not in left)]:
            yield from changed_fields(left.get(name), right.get(name), f"{place}[{name}]")
    elif before != after or type(before) is not type(after):
        yield FieldChange(place, before, after)


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _named(entries: Sequence[Any]) -> dict[str, Any]:
    """Entries by what names them, by their number where that leaves two alike."""
    names = [_name(entry) or str(number) for number, entry in enumerate(entries)]
    if len(set(names)) < len(names):
        names = [f"{name} #{number}" if names.count(name) > 1 else name for number, name in enumerate(names)]
    return dict(zip(names, entries, strict=True))


def _name(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return ""
    return " ".join(part for key in KEYS if (part := _part(entry.get(key))))


def _part(value: Any) -> str:
    if isinstance(value, Mapping):
        return " - ".join(str(value[name]) for name in sorted(value, reverse=True))
    if _listed(value):
        return " ".join(str(one) for one in value if one)
    return "" if value is None else str(value)


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
