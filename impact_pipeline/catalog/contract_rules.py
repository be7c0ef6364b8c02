"""What a contract may ask for: every promise in it must be one the pipeline can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from impact_pipeline.catalog.catalog import Catalog, Key
from impact_pipeline.catalog.contract import CHANGE_LOG, Contract, CustomProperty, Property, QualityRule, Role
from impact_pipeline.catalog.patterns import PatternFault, portable
from impact_pipeline.catalog.strict_yaml import Path

Fault = tuple[Path, str]

CUSTOM_OF_CONTRACT = ("onBreach", "maxQuarantinedShare", "eventAt", "ingestedAt")
CUSTOM_OF_PROPERTY = ("role", "entity")
CUSTOM_OF_QUALITY = ("scope",)
RESERVED = ("day", "reasons")
MARK = "__"
KEY_TYPES = ("VARCHAR", "BIGINT", "INTEGER", "DATE", "TIMESTAMPTZ")
VALUE_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "rowCount": (), "nullValues": (), "missingValues": ("missingValues",), "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
}  # fmt: skip
BOUNDS = (
    "mustBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
)


def contracts_are_enforceable(catalog: Catalog) -> Iterator[tuple[Key, Path, str]]:
    for name, contract in catalog.contracts.items():
        for path, message in _faults(contract):
            yield ("contract", name), path, message


def _faults(contract: Contract) -> Iterator[Fault]:
    yield from _known_custom(("customProperties",), contract.customProperties, CUSTOM_OF_CONTRACT, (CHANGE_LOG,))
    share = contract.custom("maxQuarantinedShare", 0.05)
    if isinstance(share, bool | str) or not 0 <= share <= 1:
        yield ("customProperties",), f"impact.maxQuarantinedShare is {share!r}; write a share from 0 to 1"
    for index, sla in enumerate(contract.slaProperties):
        if sla.property == "latency" and (isinstance(sla.value, str) or sla.value <= 0 or sla.unit == "y"):
            yield ("slaProperties", index, "value"), "a latency is a number above 0 with unit m, h or d"
    for index, column in enumerate(contract.columns):
        path: Path = ("schema", 0, "properties", index)
        yield from ((path + inner, message) for inner, message in _column_faults(column))
    for index, rule in enumerate(contract.schema_[0].quality):
        path = ("schema", 0, "quality", index)
        yield from ((path + inner, message) for inner, message in _table_quality_faults(rule, contract))
    yield from _names_are_distinct(contract)


def _known_custom(
    path: Path, found: Iterable[CustomProperty], allowed: tuple[str, ...], named: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """A breach of each of ours that is not `allowed` and whose name begins with none of `named`."""
    known = [f"impact.{name}" for name in allowed]
    for index, custom in enumerate(found):
        told = custom.property in known or custom.property.startswith(named)
        if custom.property.startswith("impact.") and not told:
            yield (*path, index, "property"), f"'{custom.property}' is not known here; known are {', '.join(known)}"


def _column_faults(column: Property) -> Iterator[Fault]:
    yield from _known_custom(("customProperties",), column.customProperties, CUSTOM_OF_PROPERTY)
    if column.role not in get_args(Role):
        yield ("customProperties",), f"impact.role is '{column.role}'; write one of {', '.join(get_args(Role))}"
    if column.name in RESERVED or MARK in column.name:
        yield (
            ("name",),
            f"'{column.name}' is reserved: {', '.join(RESERVED)} and names with '{MARK}' are ours; rename it",
        )
    if (column.unique or column.primaryKey) and column.physicalType not in KEY_TYPES:
        yield (
            ("physicalType",),
            f"a key is one of {', '.join(KEY_TYPES)}; {column.physicalType} values are not compared exactly",
        )
    yield from _option_faults(column)
    for index, rule in enumerate(column.quality):
        yield from ((("quality", index, *inner), message) for inner, message in _column_quality_faults(rule, column))


def _option_faults(column: Property) -> Iterator[Fault]:
    options, path = column.logicalTypeOptions, ("logicalTypeOptions",)
    bounds = [bound for bound in (options.minimum, options.maximum) if bound is not None]
    lengths = [length for length in (options.minLength, options.maxLength) if length is not None]
    textual = column.logicalType == "string" and column.role != "identifier"
    if bounds and column.logicalType not in ("integer", "number"):
        yield path, f"minimum and maximum bound numbers; column '{column.name}' is a {column.logicalType}"
    if column.logicalType == "integer" and any(not isinstance(b, int) or abs(b) >= 2**63 for b in bounds):
        yield path, "the bounds of an integer are 64-bit integers"
    if (lengths or options.pattern) and not textual:
        yield path, f"lengths and patterns are of text; column '{column.name}' is not text inside the lake"
    if any(pair != sorted(pair) for pair in (bounds, lengths)):
        yield path, "the lower bound is above the upper one; exchange them"
    if options.pattern:
        yield from _pattern_faults((*path, "pattern"), options.pattern)


def _pattern_faults(path: Path, pattern: str) -> Iterator[Fault]:
    try:
        portable(pattern)
    except PatternFault as fault:
        yield path, f"the pattern {fault}"


def _column_quality_faults(rule: QualityRule, column: Property) -> Iterator[Fault]:
    yield from _quality_faults(rule)
    if rule.metric == "rowCount":
        yield ("metric",), "rowCount is about the whole table; move the rule to the schema's `quality`"
    if rule.metric == "duplicateValues" and column.physicalType not in KEY_TYPES:
        yield (
            ("metric",),
            f"a key is one of {', '.join(KEY_TYPES)}; {column.physicalType} values are not compared exactly",
        )
    if rule.metric in ("missingValues", "invalidValues"):
        yield from _value_faults(rule, column)


def _value_faults(rule: QualityRule, column: Property) -> Iterator[Fault]:
    path = ("arguments",)
    if len(rule.arguments) != 1:
        yield path, f"give exactly one of {', '.join(ARGUMENTS[rule.metric])}"
    if column.role == "identifier" or column.logicalType not in VALUE_TYPES:
        yield path, f"values of a {column.logicalType} column of role {column.role} cannot be listed"
        return
    for name, values in rule.arguments.items():
        if name == "pattern":
            patterned = len(values) == 1 and isinstance(values[0], str) and column.logicalType == "string"
            yield from (
                _pattern_faults((*path, name), str(values[0]))
                if patterned
                else [(path, "give one pattern, of a text column")]
            )
        elif not values or any(type(value) not in VALUE_TYPES[column.logicalType] for value in values):
            yield (*path, name), f"list at least one {column.logicalType}, and nothing else"


def _table_quality_faults(rule: QualityRule, contract: Contract) -> Iterator[Fault]:
    yield from _quality_faults(rule)
    if rule.metric not in ("rowCount", "duplicateValues"):
        yield ("metric",), f"{rule.metric} is about one column; move the rule to that property's `quality`"
    if rule.metric == "duplicateValues":
        keys = rule.arguments.get("properties", contract.primary_key)
        if not keys:
            yield ("arguments",), "name the columns in `arguments.properties`, or mark a primary key"
        sound = [name for name, column in contract.by_name.items() if column.physicalType in KEY_TYPES]
        wrong = [str(key) for key in keys if key not in sound]
        if wrong:
            yield ("arguments", "properties"), f"{', '.join(wrong)}: not a column of type {', '.join(KEY_TYPES)}"


def _quality_faults(rule: QualityRule) -> Iterator[Fault]:
    yield from _known_custom(("customProperties",), rule.customProperties, CUSTOM_OF_QUALITY)
    if rule.scope not in ("partition", "table"):
        yield ("customProperties",), f"impact.scope is '{rule.scope}'; write 'partition' or 'table'"
    if rule.scope == "table" and rule.metric != "duplicateValues":
        yield (
            ("customProperties",),
            f"{rule.metric} is judged by partition; impact.scope 'table' is for duplicateValues",
        )
    unknown = set(rule.arguments) - set(ARGUMENTS[rule.metric])
    if unknown:
        allowed = ", ".join(ARGUMENTS[rule.metric]) or "none"
        yield ("arguments",), f"{', '.join(sorted(unknown))}: not an argument of {rule.metric}; arguments are {allowed}"
    yield from _bound_faults(rule)


def _bound_faults(rule: QualityRule) -> Iterator[Fault]:
    given = {bound: getattr(rule, bound) for bound in BOUNDS if getattr(rule, bound) is not None}
    if rule.metric == "rowCount":
        numbers = [n for bound in given.values() for n in (bound if isinstance(bound, tuple) else (bound,))]
        if not given or rule.unit != "rows" or any(not isinstance(n, int) for n in numbers):
            yield (), "rowCount needs a bound in whole rows, such as mustBeGreaterOrEqualTo: 1"
    elif rule.unit == "percent" and rule.metric in ("nullValues", "invalidValues"):
        if list(given) != ["mustBeLessOrEqualTo"] or not 0 <= given["mustBeLessOrEqualTo"] <= 100:
            yield (), f"{rule.metric} in percent needs mustBeLessOrEqualTo from 0 to 100, and no other bound"
    elif given not in ({"mustBe": 0}, {"mustBeLessOrEqualTo": 0}) or rule.unit != "rows":
        yield (
            (),
            f"{rule.metric} in rows needs mustBe: 0; a tolerance is given in percent for nullValues and invalidValues",
        )


def _names_are_distinct(contract: Contract) -> Iterator[Fault]:
    """Rules are known by name in reports and in the reasons of quarantined rows."""
    seen: set[str] = set()
    for index, column in enumerate(contract.columns):
        for position, rule in enumerate(column.quality):
            yield from _named_once(rule, ("schema", 0, "properties", index, "quality", position), seen)
    for position, rule in enumerate(contract.schema_[0].quality):
        yield from _named_once(rule, ("schema", 0, "quality", position), seen)


def _named_once(rule: QualityRule, path: Path, seen: set[str]) -> Iterator[Fault]:
    if rule.name in seen:
        yield (*path, "name"), f"rule '{rule.name}' stands twice; rename one"
    seen.update({rule.name} if rule.name else ())
