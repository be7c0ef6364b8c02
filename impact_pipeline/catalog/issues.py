"""One located fault of a document, and the error that carries all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.errors import InputError

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """A fault at `file:line`, in `field`; `message` says what is wrong, what is allowed and what to do."""

    file: str
    line: int
    field: str
    message: str
    level: Level = "error"

    def __str__(self) -> str:
        mark = "" if self.level == "error" else "warning: "
        return f"{self.file}:{self.line}: {mark}{self.field}: {self.message}"


class CatalogError(InputError):
    """Every error of every file of a catalog, at once."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(sorted(issues))
        super().__init__("\n".join(str(issue) for issue in self.issues))
