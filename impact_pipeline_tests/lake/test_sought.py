"""A unit is told from others as number, as text and as bytes."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest

from impact_pipeline.lake.sought import Sought

NUMBER = -5_436_539_054_133_069_947
UNIT = Sought(("ada.l@mail.example", "7"), (NUMBER,))


def test_rows_are_the_units_by_pseudonym_or_whole_id() -> None:
    told = ["x", None, str(NUMBER), "ada.l@mail.example"]
    rows = pa.table({"unit": [1, NUMBER, 3, 4], "told": told, "n": [7, 7, 7, 7]})
    assert UNIT.rows(rows).to_pylist() == [False, True, True, True]


def test_a_short_id_is_nobodys_text() -> None:
    assert UNIT.rows(pa.table({"told": ["7", "77"]})).to_pylist() == [False, False]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, NUMBER]),
        pa.array([[1], [2, NUMBER]]),
        pa.array([{"a": 1, "b": "mailto:ada.l@mail.example"}]),
        pa.array([f'{{"unit": {NUMBER}}}']),
        pa.array(["ada.l@mail.example"]).dictionary_encode(),
    ],
)
def test_nested_values_that_mention_the_unit_are_found(values: pa.Array) -> None:
    assert UNIT.mentioned(values)


def test_others_are_not_mentioned() -> None:
    assert not UNIT.mentioned(pa.array(["lada.l@mail.example", "ada.l@mail.example2", None]))
    assert not UNIT.mentioned(pa.array([1.5, None]))


@pytest.mark.parametrize(
    "content",
    [
        b"a=ada.l@mail.example&",
        b"ada.l%40mail.example",
        f"<td>{NUMBER}</td>".encode(),
        b"\x00" + struct.pack("<q", NUMBER),
        b"\x00" + struct.pack(">q", NUMBER),
    ],
)
def test_bytes_hold_the_unit_in_each_way_it_is_written(content: bytes) -> None:
    assert UNIT.in_bytes(content)


def test_bytes_of_others_do_not() -> None:
    assert not UNIT.in_bytes(b"canada.l@mail.example 7 " + struct.pack("<q", NUMBER + 1))


def test_it_is_never_shown() -> None:
    assert repr(UNIT) == "Sought(hidden)"
