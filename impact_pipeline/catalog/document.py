"""The base of every catalog document: frozen, strict, nothing extra."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9_]{1,62}$"
RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


def _not_reserved(name: str) -> str:
    if name in RESERVED_NAMES:
        raise ValueError(f"'{name}' names a device on some systems, where no file can be called so; choose another")
    return name


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN), AfterValidator(_not_reserved)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Owner = Annotated[str, StringConstraints(pattern=r"^(team:[a-z0-9][a-z0-9_-]*|[^@\s]+@[^@\s]+)$")]


ChangeLog = Annotated[tuple[Text, ...], Field(exclude_if=lambda log: not log)]
"""What changed with each version, a line each; no part of a document's content where there is none."""


class Model(BaseModel):
    """A frozen part of a document. Unknown fields are refused: a typo must not be silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Model):
    """A named, owned document: one file, one document."""

    name: Name
    owner: Owner
    description: Text
