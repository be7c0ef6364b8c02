"""Data contracts: the part of the Open Data Contract Standard v3.1 that the pipeline enforces.

What the standard has no word for stands in `customProperties` under names that begin with `impact.`:

| property | on | meaning |
|---|---|---|
| `impact.onBreach` | contract | `quarantine` (rows that break row rules are set aside) or `fail` (the day is refused) |
| `impact.maxQuarantinedShare` | contract | above this share of quarantined rows the day is refused; default 0.05 |
| `impact.eventAt` | contract | the column whose UTC day must be the partition's day |
| `impact.ingestedAt` | contract | the column that says when the source received the row |
| `impact.role` | property | what may be done with the column, see below |
| `impact.entity` | property | on an identifier: whose id it is; ids of one entity share their pseudonyms |
| `impact.changeLog.<version>` | contract | what changed with that version |
| `impact.scope` | quality rule | `partition` (default) or `table`: over which rows a rule holds |

Roles: an `identifier` becomes a pseudonym and is in no expression; a `quasi_identifier` (a birth year, a postcode) is
only compared and is no segment as it stands; what is `sensitive` acts as a column of its type, and splits units only in
plans that ask for the privacy sign-off; a `dimension` is compared, or taken whole as a category; a `measure` is free; a
`time` is only compared.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model, Name, Owner, Text

Role = Literal["identifier", "quasi_identifier", "sensitive", "dimension", "measure", "time"]
LogicalType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
Scalar = str | int | float | bool

CHANGE_LOG = "impact.changeLog."
PHYSICAL_TYPE = r"^(VARCHAR|BIGINT|INTEGER|DOUBLE|BOOLEAN|DATE|TIMESTAMPTZ|DECIMAL\(([1-9]|[12]\d|3[0-8]),\d{1,2}\))$"
LOGICAL_OF = {
    "VARCHAR": "string", "BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number", "DECIMAL": "number",
    "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMPTZ": "timestamp",
}  # fmt: skip


class CustomProperty(Model):
    property: Text
    value: Scalar
    description: Text | None = None


class _Customised(Model):
    customProperties: tuple[CustomProperty, ...] = ()

    def custom(self, name: str, default: Any = None) -> Any:
        """The value of `impact.<name>`, or `default`."""
        return next((p.value for p in self.customProperties if p.property == f"impact.{name}"), default)


class TypeOptions(Model):
    """`logicalTypeOptions`: bounds of one value."""

    minimum: float | int | None = None
    maximum: float | int | None = None
    minLength: Annotated[int, Field(ge=0)] | None = None
    maxLength: Annotated[int, Field(ge=0)] | None = None
    pattern: Text | None = None


class QualityRule(_Customised):
    """A library rule of the standard. `validValues` in `arguments` lists what `invalidValues` counts as valid."""

    type: Literal["library"] = "library"
    name: Name | None = None
    metric: Literal["rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues"]
    description: Text | None = None
    dimension: Text | None = None
    severity: Literal["error", "warning"] = "error"
    unit: Literal["rows", "percent"] = "rows"
    arguments: dict[str, tuple[Scalar, ...]] = {}
    mustBe: int | float | None = None
    mustBeGreaterThan: int | float | None = None
    mustBeGreaterOrEqualTo: int | float | None = None
    mustBeLessThan: int | float | None = None
    mustBeLessOrEqualTo: int | float | None = None
    mustBeBetween: Annotated[tuple[float | int, ...], Field(min_length=2, max_length=2)] | None = None

    @property
    def scope(self) -> Literal["partition", "table"]:
        scope: Literal["partition", "table"] = self.custom("scope", "partition")
        return scope


class Property(_Customised):
    """A column: its type, bounds, role and rules."""

    name: Name
    logicalType: LogicalType
    physicalType: Annotated[str, Field(pattern=PHYSICAL_TYPE)]
    description: Text | None = None
    required: bool = False
    unique: bool = False
    primaryKey: bool = False
    primaryKeyPosition: int | None = None
    classification: Literal["public", "internal", "confidential", "restricted"] | None = None
    criticalDataElement: bool = False
    logicalTypeOptions: TypeOptions = TypeOptions()
    quality: tuple[QualityRule, ...] = ()

    @model_validator(mode="after")
    def _types_agree(self) -> Self:
        expected = LOGICAL_OF[self.physicalType.split("(")[0]]
        if self.logicalType != expected:
            raise ValueError(f"physicalType {self.physicalType} has logicalType '{expected}', not '{self.logicalType}'")
        if self.role == "identifier" and (self.physicalType != "VARCHAR" or self.entity is None):
            raise ValueError("an identifier is a VARCHAR and names its `impact.entity`")
        return self

    @property
    def role(self) -> Role:
        role: Role = self.custom("role", self.natural_role)
        return role

    @property
    def natural_role(self) -> Role:
        """That of a column of its type where the contract names none."""
        natural: Role = {"timestamp": "time", "date": "time", "number": "measure", "integer": "measure"}.get(
            self.logicalType, "dimension"
        )  # type: ignore[assignment]
        return natural

    @property
    def acts_as(self) -> Role:
        """Its role in expressions: what is sensitive may be added up or compared like any column of its type."""
        return self.natural_role if self.role == "sensitive" else self.role

    @property
    def entity(self) -> str | None:
        entity: str | None = self.custom("entity")
        return entity

    @property
    def lake_type(self) -> str:
        """The DuckDB type inside the lake: identifiers are 64-bit pseudonyms there."""
        return "BIGINT" if self.role == "identifier" else self.physicalType


class SchemaObject(_Customised):
    name: Name
    logicalType: Literal["object"] = "object"
    physicalType: Text | None = None
    physicalName: Text | None = None
    description: Text | None = None
    properties: Annotated[tuple[Property, ...], Field(min_length=1)]
    quality: tuple[QualityRule, ...] = ()


class SlaProperty(Model):
    property: Literal["latency", "frequency", "retention", "timeOfAvailability"]
    value: int | float | str
    unit: Literal["m", "h", "d", "y"] | None = None
    element: Text | None = None


class Team(Model):
    name: Owner
    description: Text | None = None


class Description(Model):
    purpose: Text
    usage: Text | None = None
    limitations: Text | None = None


class Contract(_Customised):
    """What one dataset promises. One file holds one contract, and a contract has exactly one schema object."""

    apiVersion: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: Name
    name: Name
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    description: Description
    domain: Text | None = None
    team: Team
    schema_: Annotated[tuple[SchemaObject, ...], Field(alias="schema", min_length=1, max_length=1)]
    slaProperties: tuple[SlaProperty, ...] = ()

    @property
    def owner(self) -> str:
        return self.team.name

    @property
    def change_log(self) -> tuple[str, ...]:
        """A line a version, as written in `impact.changeLog.<version>`."""
        logged = (one for one in self.customProperties if one.property.startswith(CHANGE_LOG))
        return tuple(f"{one.property.removeprefix(CHANGE_LOG)}: {one.value}" for one in logged)

    @property
    def columns(self) -> tuple[Property, ...]:
        return self.schema_[0].properties

    @cached_property
    def by_name(self) -> dict[str, Property]:
        return {column.name: column for column in self.columns}

    @property
    def primary_key(self) -> tuple[str, ...]:
        keys = [column for column in self.columns if column.primaryKey]
        return tuple(column.name for column in sorted(keys, key=lambda column: column.primaryKeyPosition or 0))

    @property
    def on_breach(self) -> Literal["quarantine", "fail"]:
        on_breach: Literal["quarantine", "fail"] = self.custom("onBreach", "fail")
        return on_breach

    @property
    def max_quarantined_share(self) -> float:
        return float(self.custom("maxQuarantinedShare", 0.05))

    @property
    def event_at(self) -> str | None:
        event_at: str | None = self.custom("eventAt")
        return event_at

    @property
    def ingested_at(self) -> str | None:
        ingested_at: str | None = self.custom("ingestedAt")
        return ingested_at

    @property
    def latency_hours(self) -> float | None:
        """Hours after the end of a partition's day by which its newest row must have been ingested."""
        hours = {"m": 1 / 60, "h": 1.0, "d": 24.0}
        latency = next((sla for sla in self.slaProperties if sla.property == "latency"), None)
        return None if latency is None else float(latency.value) * hours[latency.unit or "h"]

    def identifier_of(self, entity: str) -> str | None:
        """The column that holds the id of `entity`."""
        return next((c.name for c in self.columns if c.role == "identifier" and c.entity == entity), None)
