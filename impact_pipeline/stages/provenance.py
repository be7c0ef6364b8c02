"""What is kept beside a verdict so that it can be recomputed and trusted: documents, tables, environment, signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import canonical
from impact_pipeline.catalog.reached import documents_behind
from impact_pipeline.decisions.base import Provenance
from impact_pipeline.decisions.scorecard import Kept
from impact_pipeline.governance.environment import environment_here
from impact_pipeline.governance.plan_documents import meaning_of
from impact_pipeline.governance.signing import SigningKey, signed, statement
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import StoredResult, keep_documents
from impact_pipeline.stages.standing import state_of

SIGNED_SUFFIX = ".intoto.jsonl"


def kept_of(lake: Lake, study: Study, history: Mapping[str, str]) -> Kept:
    """Documents are stored; of tables and environment it is told what they are."""
    documents = keep_documents(lake, study.name, canonical(documents_behind(study)))
    return Kept(documents, table_marks(lake, study), history, environment_here(), meaning_of(study))


def table_marks(lake: Lake, study: Study) -> dict[str, str]:
    """'study/cells/<table>' -> the fingerprint that stands, of each basis."""
    return {
        f"study/{kind}/{basis.table}": state_of(lake, basis, kind).fingerprint
        for kind in ("exposures", "cells")
        for basis in study.bases
    }


def sign(result: StoredResult, provenance: Provenance, key: SigningKey) -> None:
    """Write the signed statement beside the result."""
    payload = statement(result.place, result.content(), asdict(provenance))
    write_atomically(result.path.with_suffix(SIGNED_SUFFIX), signed(payload, key))
