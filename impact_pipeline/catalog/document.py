"""The base of every catalog document: frozen, strict, nothing extra."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9_]{1,62}$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Owner = Annotated[str, StringConstraints(pattern=r"^(team:[a-z0-9][a-z0-9_-]*|[^@\s]+@[^@\s]+)$")]


class Model(BaseModel):
    """A frozen part of a document. Unknown fields are refused: a typo must not be silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Model):
    """A named, owned document: one file, one document."""

    name: Name
    owner: Owner
    description: Text
