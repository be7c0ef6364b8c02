from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.analysis.table import read_table
from impact_pipeline_tests.analysis.commands import analyze
from impact_pipeline_tests.analysis.tables import ENGINE

SPECIFICATION = """apiVersion: impact-analysis/v1
design: {type: randomized, arm: "the, arm", control: "=a"}
metrics:
  - {name: m, type: mean, value: y}
  - {name: "größer", type: proportion, value: y > 2}
"""
ARMS, VALUES = ["=a", "=a", '"b"', '"b"', "=a", '"b"'], [1.5, 2.0, 3.0, 5.25, 0.0, 1.0]


def written(folder: Path, name: str) -> Path:
    """The same rows in a file of each kind."""
    path = folder / name
    quoted = ['"{}"'.format(arm.replace('"', '""')) for arm in ARMS]
    separator = "\t" if ".tsv" in name else ","
    rows = [
        separator.join(('"the, arm"', "y", "unused")),
        *(separator.join((arm, str(y), "x")) for arm, y in zip(quoted, VALUES, strict=True)),
    ]
    lines = [json.dumps({"the, arm": arm, "y": y}) for arm, y in zip(ARMS, VALUES, strict=True)]
    text = "\n".join(lines if ".jsonl" in name else rows) + "\n"
    if name.endswith(".parquet"):
        pq.write_table(
            pa.table({"the, arm": pa.array(ARMS).dictionary_encode(), "y": VALUES, "unused": [[1]] * 6}), path
        )
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["rows.CSV", "rows.csv.gz", "rows.tsv", "rows.tsv.gz", "rows.jsonl", "rows.jsonl.gz", "rows.parquet"]
)
def test_the_same_rows_give_the_same_answer_in_every_kind_of_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "spec.yaml").write_text(SPECIFICATION, encoding="utf-8")
    found = analyze(tmp_path / "spec.yaml", "--data", str(written(tmp_path, name)), "--json")
    plain = analyze(tmp_path / "spec.yaml", "--data", str(written(tmp_path, "plain.csv")), "--json")
    assert found.exit_code == 0, found.exception
    assert found.stdout == plain.stdout
    assert json.loads(found.stdout)["units"] == {'"b"': 3, "=a": 3}


def test_a_mark_at_the_start_and_other_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"\xef\xbb\xbfarm,y\r\na,1\r\nb,2\r\n")
    table = read_table(tmp_path / "rows.csv", ENGINE, {"arm", "y"})
    assert table.names == ("arm", "y")
    assert table.labels("arm", "design.arm", 50).names == ("a", "b")


def test_only_columns_in_use_are_read(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "rows.parquet"), ENGINE, {"y"})
    assert (table.rows.schema.names, table.names) == (["y"], ("the, arm", "y", "unused"))
    assert len(read_table(written(tmp_path, "rows.csv"), ENGINE, set())) == len(ARMS)


def test_a_name_such_as_na_is_a_label(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("arm,y\nNA,1\nnone,2\n")
    assert read_table(tmp_path / "rows.csv", ENGINE, {"arm"}).labels("arm", "design.arm", 50).names == ("NA", "none")
