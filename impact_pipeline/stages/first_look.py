"""The engine of a study's first look: a study should end on the engine that it began on, and a change of it is told."""

from __future__ import annotations

from datetime import date

from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.stored import stored_results


def engine_remarks(lake: Lake, kind: str, study: str, as_of: date, engine: str) -> tuple[str, ...]:
    """A sentence when a look before `as_of` was made on another engine version; `kind` is that of scorecards."""
    earlier = [one for one in stored_results(lake, kind, study) if one.as_of < as_of]
    if not earlier:
        return ()
    first, began_on = earlier[0].as_of, str(earlier[0].plain()["provenance"]["engine"])
    if began_on == engine:
        return ()
    told = f"the first look, on {first}, was made on {began_on} and this one on {engine}"
    return (f"The engine changed while the study ran: {told}; replay earlier looks to see whether a number moved.",)
