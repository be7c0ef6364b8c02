"""Where rows come from: a database behind a SQLAlchemy URL, or files in a folder."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from impact_pipeline.catalog.document import Document, Model, Name, Text

DAY_PLACEHOLDER = "{day}"


class DatabaseDataset(Model):
    """A table, or a query, with the column that says which day a row belongs to.

    `day_type` is how the source stores that column, so that the bounds of a day are bound in the same type:
    an instant, a calendar date, or ISO 8601 text in UTC.
    """

    table: Text | None = None
    query: Text | None = None
    day_column: Name
    day_type: Literal["timestamp", "date", "iso_text"] = "timestamp"

    @model_validator(mode="after")
    def _one_of_table_and_query(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("name either `table` or `query`, and not both")
        return self


class FileDataset(Model):
    """Files under the source's root: a folder per day (`{day}` in the path), or all days told apart by `day_column`."""

    format: Literal["parquet", "csv", "jsonl"]
    path: Text
    day_column: Name | None = None

    @model_validator(mode="after")
    def _one_way_to_tell_days(self) -> Self:
        if (DAY_PLACEHOLDER in self.path) == (self.day_column is not None):
            raise ValueError(f"put {DAY_PLACEHOLDER} in `path`, or name a `day_column`, and not both")
        return self

    @field_validator("path")
    @classmethod
    def _inside_root(cls, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError("`path` is relative to the source's root and stays inside it")
        return path


class _Source(Document):
    first_day: date
    last_day: date | None = None
    raw_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """For how many days a delivery stays staged as it came; what was published of it stays."""

    batch_rows: Annotated[int, Field(ge=1_000, le=1_000_000)] = 65_536


class DatabaseSource(_Source):
    """Any database SQLAlchemy reaches. The URL is `env:NAME`, or names a SQLite file below the project's home."""

    type: Literal["database"]
    url: Text
    datasets: dict[Name, DatabaseDataset]

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str) -> str:
        if not url.startswith(("env:", "sqlite:///")):
            raise ValueError("write `env:NAME` (the URL is read from that environment variable), or `sqlite:///file`")
        return url


class FilesSource(_Source):
    """Parquet, CSV or JSON lines below `root` (relative to the project's home)."""

    type: Literal["files"]
    root: Text
    datasets: dict[Name, FileDataset]


SourceDocument = Annotated[DatabaseSource | FilesSource, Field(discriminator="type")]
