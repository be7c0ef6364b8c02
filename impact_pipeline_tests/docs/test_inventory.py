from __future__ import annotations

from impact_pipeline_tests.docs.inventory import PAGE, inventory


def test_the_committed_inventory_is_current() -> None:
    message = "run `python -m impact_pipeline_tests.docs.inventory` and commit what it writes"
    assert PAGE.read_text(encoding="utf-8") == inventory(), message
