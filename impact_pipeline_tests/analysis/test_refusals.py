"""What a user may get wrong, and what the command says: where, what was found, what is allowed, what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline_tests.analysis.commands import DATA, analyze

AB = "design: {type: randomized, arm: arm, control: a}\n"
ONE = "design: {type: one_sample}\n"
BY_CLUSTER = "design: {type: randomized, arm: arm, control: a, cluster: c}\n"
MEAN = "metrics: [{name: m, type: mean, value: y}]\n"
COUNTED = "metrics: [{name: m, type: counted_proportion, units: n, successes: k}]\n"
SUMMED = "metrics: [{name: m, type: summed_mean, units: n, sum: s, sum_of_squares: q}]\n"
SOUND = "arm,y\na,1\na,2\nb,3\nb,5\n"


def metric(text: str) -> str:
    return f"metrics: [{{name: m, {text}}}]\n"


IN_THE_FILE = {
    "empty": (AB + MEAN, "", "rows.csv: is empty; its first line names the columns"),
    "header only": (AB + MEAN, "arm,y\n", "has no rows below its header; there is nothing to analyze"),
    "duplicate columns": (AB + MEAN, "arm,y,y\na,1,2\n", "columns stand twice: 'y'; rename one of each"),
    "no such column": (AB + MEAN, "grp,y\na,1\n", "design.arm: rows.csv has no column 'arm'; columns are 'grp', 'y'"),
    "no control": (AB + MEAN, "arm,y\nb,1\nc,2\n", "'a' and another arm are needed, and column 'arm' holds 'b', 'c'"),
    "one arm": (AB + MEAN, "arm,y\na,1\na,2\n", "'a' and another arm are needed, and column 'arm' holds 'a'"),
    "one row": (AB + MEAN, "arm,y\na,1\n", "'a' and another arm are needed"),
    "no value": (
        AB + MEAN,
        "arm,y\na,1\na,nan\nb,2\n",
        "metrics.0: 'm' has no finite number in 1 of 3 rows; fill them",
    ),
    "infinite": (AB + MEAN, "arm,y\na,1\na,inf\nb,2\n", "'m' has no finite number in 1 of 3 rows"),
    "no value at all": (AB + metric("type: mean, value: 1 / y, missing: drop"), "arm,y\na,0\nb,0\n", "in any row"),
    "text": (AB + MEAN, "arm,y\na,1\na,secret\n", "rows.csv holds 'y' as string: a column counts as numbers when all"),
    "huge": (
        AB + MEAN,
        "arm,y\na,1\nb,1e300\n",
        "metrics.0.value: values reach 1e+300, and sums are exact up to 9.01e+15",
    ),
    "empty label": (
        AB + MEAN,
        "arm,y\na,1\n,2\n",
        "column 'arm' of rows.csv is empty in 1 of 2 rows; fill it, or drop",
    ),
    "uneven rows": (AB + MEAN, "arm,y\na,1\na\n", "has 1 values where the header has 2 columns"),
    "many arms": (
        "design: {type: randomized, arm: y, control: '1'}\n" + MEAN,
        "arm,y\n" + "".join(f"a,{i}\n" for i in range(60)),
        "design.arm: column 'y' of rows.csv has 60 distinct values; up to 50 are allowed",
    ),
    "unit with two arms": (
        AB + "unit: u\n" + MEAN,
        "u,arm,y\n1,a,1\n1,b,2\n2,a,3\n3,b,1\n",
        "design.arm: 1 of 3 units have several values; a unit has one: mend the rows",
    ),
    "unit with two covariates": (
        AB + "unit: u\n" + metric("type: mean, value: y, covariates: [x]"),
        "u,arm,y,x\n1,a,1,1\n1,a,2,2\n2,a,3,3\n3,b,1,4\n",
        "metrics.0.covariates.0: 1 of 3 units have several values",
    ),
    "cluster with two arms": (
        BY_CLUSTER + MEAN,
        "c,arm,y\n1,a,1\n1,b,2\n2,a,3\n3,b,1\n",
        "design.cluster: 1 of 3 clusters hold several arms; a cluster has one",
    ),
    "negative count": (AB + COUNTED, "arm,n,k\na,10,-1\nb,10,2\n", "metrics.0.successes: 1 rows hold no count"),
    "broken count": (AB + COUNTED, "arm,n,k\na,10,1.5\nb,10,2\n", "metrics.0.successes: 1 rows hold no count"),
    "broken units": (AB + "units_per_row: n\n" + MEAN, "arm,n,y\na,0.5,1\nb,10,2\n", "units_per_row: 1 rows hold no"),
    "no units": (AB + "units_per_row: n\n" + MEAN, "arm,n,y\na,,1\nb,10,2\n", "units_per_row: 1 rows hold no count"),
    "infinite units": (
        AB + metric("type: counted_proportion, units: n, successes: k, missing: drop"),
        "arm,n,k\na,inf,1\na,5,inf\nb,10,-1\n",
        "metrics.0.successes: 1 rows hold no count",
    ),
    "a name that hides": (AB + MEAN, "arm,y\x1b[31m\na,1\n", "the name of column 2 holds a character that cannot be"),
    "other arms": (
        AB + MEAN,
        "arm,y\n" + "".join(f"{'x' * 50}{i},1\n" for i in range(10)),
        f"column 'arm' holds '{'x' * 40}'",
    ),
    "more than units": (AB + COUNTED, "arm,n,k\na,10,11\nb,10,2\n", "1 rows have more of them than units"),
    "impossible squares": (AB + SUMMED, "arm,n,s,q\na,10,20,1\nb,10,2,4\n", "1 rows hold less than sum^2 / units"),
    "unplanned arm": (
        "design: {type: randomized, arm: arm, control: a, shares: {a: 0.5, c: 0.5}}\n" + MEAN,
        SOUND,
        "design.shares: there are units of 'b', which has no planned share; add it, or 0",
    ),
    "undefined everywhere": (AB + metric("type: mean, value: ln(y)"), "arm,y\na,0\nb,1\n", "metrics.0"),
    "cast of text": (
        AB + metric("type: proportion, value: CAST(t AS INT) = 1"),
        "arm,t\na,1\na,secret\nb,1\n",
        "'m' has no finite number in 1 of 3 rows",
    ),
    "no such column in an expression": (
        AB + metric("type: mean, value: nope"),
        SOUND,
        "metrics.0.value: unknown column",
    ),
    "numbers as a condition": (AB + metric("type: proportion, value: y"), SOUND, "compare it, as in `column = 1`"),
    "an estimator that does not fit": (
        AB + metric("type: mean, value: y, estimator: cuped"),
        SOUND,
        "estimator 'cuped' does not take a mean without covariates; those that do: difference_in_means",
    ),
    "bootstrap of many": (
        "design: {type: one_sample, bootstrap: {draws: 100}}\n" + MEAN,
        "y\n" + "1\n" * 100_001,
        "design.bootstrap: 100001 units; up to 100000 are drawn again: remove it",
    ),
}
IN_THE_DOCUMENT = {
    "nothing asked": (AB, "there is nothing to analyze; add metrics"),
    "no design": (MEAN, "metrics need a design"),
    "no arm": ("design: {type: randomized}\n" + MEAN, "spec.yaml:2: design.arm: is required; add it"),
    "unknown design": ("design: {type: magic}\n" + MEAN, "spec.yaml:2: design.type: 'magic' is not one of"),
    "unknown field": (AB + MEAN + "wights: n\n", "spec.yaml:4: wights: is not a field of this document"),
    "anchor": (AB + "metrics: &x []\n", "spec.yaml:3: document: anchors and aliases are not allowed"),
    "shares": (
        "design: {type: randomized, arm: arm, control: a, shares: {a: 0.5, b: 0.4}}\n",
        "spec.yaml:2: design: shares add up to 0.9; they must add up to 1",
    ),
    "control without a share": (
        "design: {type: randomized, arm: arm, control: a, shares: {b: 1.0}}\n",
        "the control 'a' has no share above 0",
    ),
    "names twice": (
        AB + "metrics: [{name: m, type: mean, value: y}, {name: m, type: mean, value: y}]\n",
        "names are unique",
    ),
    "strata of clusters": (
        "design: {type: randomized, arm: arm, control: a, cluster: c, strata: [s]}\n" + MEAN,
        "clusters within strata are not estimated",
    ),
    "segments of clusters": (BY_CLUSTER + "segments: [s]\n" + MEAN, "with `design.cluster` there are no `segments`"),
    "quantile of clusters": (
        BY_CLUSTER + metric("type: quantile, value: y"),
        "metrics.0: with `design.cluster` a quantile is not estimated; write a mean, a proportion or a ratio",
    ),
    "estimator of clusters": (BY_CLUSTER + metric("type: mean, value: y, estimator: ancova"), "there is one estimator"),
    "errors of clusters": (
        BY_CLUSTER + metric("type: mean, value: y, errors: HC1"),
        "errors 'HC1' do not know clusters",
    ),
    "margin of the bootstrap": (
        BY_CLUSTER + metric("type: mean, value: y, errors: wild_bootstrap, margin: {relative: 0.1}"),
        "the wild bootstrap tests no margin",
    ),
    "bootstrap without clusters": (
        AB + metric("type: mean, value: y, errors: wild_bootstrap"),
        "errors 'wild_bootstrap' are those of few clusters",
    ),
    "regression in strata": (
        "design: {type: randomized, arm: arm, control: a, strata: [s]}\n" + metric("type: mean, value: y, errors: HC2"),
        "a regression on rows takes no `strata`",
    ),
    "unit of a regression": (
        "design: {type: regression, treatments: [x]}\nunit: u\n" + MEAN,
        "`unit` goes with a randomized design",
    ),
    "units of a regression": (
        "design: {type: regression, treatments: [x]}\nunits_per_row: u\n" + MEAN,
        "`units_per_row` goes with a randomized design",
    ),
    "ratio in a regression": (
        "design: {type: regression, treatments: [x]}\n" + metric("type: ratio, numerator: y, denominator: x"),
        "a ratio has no regression; write a mean, a proportion or a quantile",
    ),
    "robust errors of clusters": (
        "design: {type: regression, treatments: [x], clusters: [c], errors: HC1}\n" + MEAN,
        "errors 'HC1' do not go with 1 clusters; write 'CR0', 'CR1', 'CR2', 'CR3', 'wild_bootstrap'",
    ),
    "errors of two clusters": (
        "design: {type: regression, treatments: [x], clusters: [c, d], errors: CR2}\n" + MEAN,
        "errors of two clusters are 'CR1'",
    ),
    "errors of a metric in a regression": (
        "design: {type: regression, treatments: [x]}\n" + metric("type: mean, value: y, errors: HC1"),
        "errors of a regression are those of its design",
    ),
    "cap in a regression": (
        "design: {type: regression, treatments: [x]}\n" + metric("type: mean, value: y, cap_percentile: 0.9"),
        "a cap goes with a comparison of arms",
    ),
    "margin of one sample": (ONE + metric("type: mean, value: y, margin: {absolute: 1.0}"), "a margin goes with a"),
    "covariates of one sample": (ONE + metric("type: mean, value: y, covariates: [x]"), "no comparison to adjust"),
    "segments of one sample": (ONE + "segments: [s]\n" + MEAN, "`segments` goes with a randomized design"),
    "covariates of counts": (
        AB + metric("type: counted_proportion, units: n, successes: k, covariates: [x]"),
        "aggregated rows hold no covariates of units",
    ),
    "unit of counts": (AB + "unit: u\n" + COUNTED, "aggregated rows are not added up by `unit`"),
    "unit and units per row": (AB + "unit: u\nunits_per_row: n\n" + MEAN, "name one of the two"),
    "covariates of a quantile": (AB + metric("type: quantile, value: y, covariates: [x]"), "takes no covariates"),
    "falling information": (
        AB + MEAN + "looks: {type: group_sequential, information: [0.5, 0.2]}\n",
        "the fractions of `information` rise",
    ),
}


def refused(tmp_path: Path, specification: str, content: bytes, name: str = "rows.csv") -> str:
    """The message of the refusal."""
    (tmp_path / "spec.yaml").write_text(f"apiVersion: impact-analysis/v1\n{specification}", encoding="utf-8")
    (tmp_path / name).write_bytes(content)
    found = analyze(tmp_path / "spec.yaml", "--data", str(tmp_path / name))
    assert isinstance(found.exception, InputError), (found.exception, found.output)
    return str(found.exception)


@pytest.mark.parametrize(("specification", "rows", "told"), IN_THE_FILE.values(), ids=IN_THE_FILE)
def test_a_file_is_refused_with_what_is_wrong(tmp_path: Path, specification: str, rows: str, told: str) -> None:
    message = refused(tmp_path, specification, rows.encode())
    assert told in message
    assert "secret" not in message


@pytest.mark.parametrize(("specification", "told"), IN_THE_DOCUMENT.values(), ids=IN_THE_DOCUMENT)
def test_a_document_is_refused_with_what_is_wrong(tmp_path: Path, specification: str, told: str) -> None:
    assert told in refused(tmp_path, specification, SOUND.encode())


def test_all_faults_of_expressions_are_told_at_once(tmp_path: Path) -> None:
    metrics = "metrics: [{name: m, type: mean, value: y +}, {name: k, type: mean, value: nope}]\n"
    message = refused(tmp_path, AB + metrics, SOUND.encode())
    assert [line.split(":")[0] for line in message.splitlines()] == ["metrics.0.value", "metrics.1.value"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("rows.xlsx", b"", "'.xlsx' is not a kind of file that is read; give .csv"),
        ("rows.parquet", b"arm,y\n", "cannot be read as PARQUET (ArrowInvalid)"),
        ("rows.jsonl", b'{"arm": "a"}\n{secret}\n', "cannot be read as JSONL (ArrowInvalid)"),
        ("rows.jsonl", b'{"arm": "a", "y": [1]}\n', "column 'y' holds list<item: int64>"),
        ("rows.csv.gz", b"arm,y\n", "cannot be read as CSV.GZ (BadGzipFile)"),
        ("rows.csv", "arm,y\n\u00e4,1\n".encode("latin-1"), "column 'arm' is not UTF-8 text; save the file as UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    assert told in refused(tmp_path, AB + MEAN, content, name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = analyze(DATA / "ab_nsw.yaml", "--data", str(tmp_path / "gone.csv"))
    assert "gone.csv: there is no such file; name it with --data" in str(found.exception)
    assert "gone.yaml: cannot be read" in str(analyze(tmp_path / "gone.yaml").exception)
    (tmp_path / "spec.yaml").write_text(f"apiVersion: impact-analysis/v1\n{AB}{MEAN}")
    assert "names no `data`; add it, or give a file with --data" in str(analyze(tmp_path / "spec.yaml").exception)


def test_the_process_ends_with_1_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(f"apiVersion: impact-analysis/v1\n{AB}{MEAN}")
    (tmp_path / "rows.csv").write_text("arm,y\na,1\na,secret\nb,2\n")
    main = "from impact_pipeline.cli import main; main()"
    command = [sys.executable, "-c", main, "analyze", str(tmp_path / "spec.yaml"), "--data", str(tmp_path / "rows.csv")]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: metrics.0.value: ")
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


NOT_ESTIMABLE = {
    "equal values": (AB + MEAN, "arm,y\na,1\na,1\nb,1\nb,1\n", "zero_variance", "a difference has no uncertainty"),
    "one unit": (AB + MEAN, "arm,y\na,1\na,2\nb,1\n", "too_few_units", "'b' has 1 unit"),
    "one cluster": (
        BY_CLUSTER + MEAN,
        "c,arm,y\n1,a,1\n1,a,2\n2,b,3\n2,b,1\n",
        "too_few_clusters",
        "has 1 cluster",
    ),
    "one cluster of the bootstrap": (
        BY_CLUSTER + metric("type: mean, value: y, errors: wild_bootstrap"),
        "c,arm,y\n1,a,1\n1,a,2\n2,b,3\n2,b,1\n3,b,1\n",
        "too_few_clusters",
        "one cluster alone determines the effect",
    ),
    "no denominator": (
        AB + metric("type: ratio, numerator: y, denominator: d"),
        "arm,y,d\na,1,0\na,2,0\nb,1,0\nb,2,0\n",
        "denominator_near_zero",
        "the mean denominator of 'a' is not above 0",
    ),
    "an arm dropped": (
        AB + metric("type: mean, value: y, missing: drop"),
        "arm,y\na,1\na,2\nb,\nb,\n",
        "empty_arm",
        "no unit was exposed to 'b'",
    ),
    "collinear": (
        AB + metric("type: mean, value: y, errors: HC2, covariates: [age, years]"),
        "arm,y,age,years\na,1,1,2\na,2,2,4\nb,3,3,6\nb,5,5,10\nb,2,7,14\na,3,8,16\n",
        "collinear",
        "'years' is a combination of the columns before it",
    ),
    "beyond the data": (
        AB + metric("type: quantile, value: y, quantile: 0.99"),
        "arm,y\n" + "".join(f"{arm},{i}\n" for arm in "ab" for i in range(200)),
        "quantile_beyond_data",
        "200 units are too few for the quantile at 0.99",
    ),
}


@pytest.mark.parametrize(("specification", "rows", "reason", "told"), NOT_ESTIMABLE.values(), ids=NOT_ESTIMABLE)
def test_what_cannot_be_computed_says_why(
    tmp_path: Path, specification: str, rows: str, reason: str, told: str
) -> None:
    (tmp_path / "spec.yaml").write_text(f"apiVersion: impact-analysis/v1\n{specification}", encoding="utf-8")
    (tmp_path / "rows.csv").write_text(rows)
    found = analyze(tmp_path / "spec.yaml", "--data", str(tmp_path / "rows.csv"), "--json")
    assert found.exit_code == 0, found.exception
    [result] = json.loads(found.stdout)["results"]
    assert (result["type"], result["reason"]) == ("not_estimable", reason)
    assert told in result["detail"]


@pytest.mark.parametrize("kind", ["mean, errors: HC0", "quantile"])
def test_a_coefficient_without_an_error_says_why(tmp_path: Path, kind: str) -> None:
    """Of the second value of x there is one row."""
    named, _, errors = kind.partition(", errors: ")
    design = f"design: {{type: regression, treatments: [x], errors: {errors or 'HC2'}}}\n"
    (tmp_path / "spec.yaml").write_text(
        f"apiVersion: impact-analysis/v1\n{design}{metric(f'type: {named}, value: y')}", encoding="utf-8"
    )
    (tmp_path / "rows.csv").write_text("x,y\n0,1\n0,1\n0,1\n0,5\n1,1\n")
    found = analyze(tmp_path / "spec.yaml", "--data", str(tmp_path / "rows.csv"), "--json")
    assert found.exit_code == 0, found.exception
    for coefficient in json.loads(found.stdout)["coefficients"]:
        assert (coefficient["std_error"] is None) == (coefficient["reason"] is not None)
