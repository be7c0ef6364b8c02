"""Which delivered columns the contract knows."""

from __future__ import annotations

import pytest

from impact_pipeline.errors import SourceError
from impact_pipeline.sources.base import contracted
from impact_pipeline_tests.sources.orders import ORDERS


def test_delivered_order_is_kept_and_unknown_columns_left_out() -> None:
    assert contracted(["note", "email", "order_id"], ORDERS, "source 'shop'") == ("note", "order_id")


def test_a_contracted_column_delivered_twice_is_refused() -> None:
    with pytest.raises(SourceError, match=r"^source 'shop': column 'note' is delivered twice; deliver it once$"):
        contracted(["note", "order_id", "note"], ORDERS, "source 'shop'")


def test_a_header_without_any_known_column_is_refused_without_showing_it() -> None:
    with pytest.raises(SourceError) as error:
        contracted(["canary@example.com", "4711"], ORDERS, "source 'shop'")
    assert str(error.value) == (
        "source 'shop': none of the 2 delivered columns is in contract 'orders'; "
        "correct the source, or add the missing header line"
    )
