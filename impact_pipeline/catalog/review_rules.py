"""What must hold of documents that people write about studies."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.references import Breach, refer


def reviews_name_studies(catalog: Catalog) -> Iterator[Breach]:
    """A study whose own plan has faults is one: what was said of it still stands."""
    for name, review in catalog.reviews.items():
        if review.study not in catalog.studies:
            yield from refer(catalog, ("review", name), ("study",), "study", review.study)


def postmortems_name_studies(catalog: Catalog) -> Iterator[Breach]:
    for name in catalog.postmortems:
        if name not in catalog.studies:
            yield from refer(catalog, ("postmortem", name), ("name",), "study", name)
