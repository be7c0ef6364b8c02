"""What is asked of an erasure: whose rows, by which ids, and under which keys they can be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from impact_pipeline.errors import InputError
from impact_pipeline.governance.epochs import epochs_of, keys_at_hand
from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised
from impact_pipeline.lake.sought import Sought
from impact_pipeline.stages.workspace import Workspace


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One unit: all `ids` that it has. `also` are files and folders outside the home to scan, such as exports."""

    name: str
    entity: str
    ids: tuple[str, ...]
    reason: str
    actor: str
    also: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"Request({self.name!r}, hidden)"


def keys_of(workspace: Workspace, request: Request) -> dict[str, SecretKey]:
    """Epoch -> key, of those at hand."""
    entities = {
        str(c.entity) for contract in workspace.catalog.contracts.values() for c in contract.columns if c.entity
    }
    if request.entity not in entities:
        known = ", ".join(sorted(entities)) or "none"
        raise InputError(f"--entity '{request.entity[:40]}' is identified by no contract; entities are {known}")
    epochs = epochs_of(workspace.catalog, request.entity)
    keys = keys_at_hand(epochs, workspace.environ)
    if not keys:
        variables = ", ".join(epoch.variable for epoch in epochs)
        raise InputError(f"no key of pseudonyms is at hand, so that no unit can be found; set {variables}")
    return keys


def refuse_unfit(request: Request) -> None:
    """Nothing that names the unit may reach the ledger."""
    if not request.ids:
        raise InputError("the file holds no id; write each id of the unit on a line of its own")
    for option, text in (("--request", request.name), ("--reason", request.reason), ("--actor", request.actor)):
        if not text.strip():
            raise InputError(f"{option} is empty; it is kept in the ledger, so write it in words that name nobody")
        if any(id_ in text for id_ in request.ids):
            raise InputError(f"{option} holds an id that is to be erased; write it without, it is kept in the ledger")


def sought_of(request: Request, keys: Mapping[str, SecretKey]) -> Sought:
    ids = pa.array(request.ids, pa.string())
    pseudonyms = {int(p) for key in keys.values() for p in pseudonymised(ids, request.entity, key).to_pylist()}
    return Sought(request.ids, tuple(sorted(pseudonyms)))
