"""What a reader sees in a terminal of 100 columns, and the forest plot."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.reports.formatting import MINUS
from impact_pipeline_tests.analysis.commands import DATA, analyze

COLUMNS = 100
SPECIFICATION = """apiVersion: impact-analysis/v1
data: ab_nsw.csv
design: {type: randomized, arm: treat, control: "0", shares: {"0": 0.6, "1": 0.4}, strata: [black]}
segments: [nodegree]
looks: {type: always_valid, planned_units: 500}
prior: {lift_std_dev: 0.2}
metrics:
  - {name: earnings, type: mean, value: re78, margin: {absolute: 500.0}, covariates: [re75]}
  - {name: median, type: quantile, value: re78, quantile: 0.75}
  - {name: never, type: mean, value: "1"}
planning:
  - {name: power, type: power, outcome: {type: mean, std_dev: 6600.0}, units_per_arm: 220, effect: 1800.0}
  - {name: size, type: units_needed, outcome: {type: mean, std_dev: 6600.0}, effect: 1800.0}
  - {name: bounds, type: group_sequential_bounds, rule: pocock, looks: 3}
  - {name: hopeless, type: units_needed, outcome: {type: mean, std_dev: 1.0}, effect: 0.0}
"""


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    (tmp_path / "spec.yaml").write_text(SPECIFICATION)
    found = analyze(tmp_path / "spec.yaml", "--data", str(DATA / "ab_nsw.csv"))
    assert found.exit_code == 0, found.exception
    return found.stdout


@pytest.mark.parametrize(
    "told",
    [
        "445 rows; units: 0 260, 1 185",
        "sample ratio: p = 0.498, at any look p = 1.000",
        "sample ratio in 0: p = ",
        "Differences from '0', with 95 % intervals",
        "Not worse by the margin (one-sided)",
        "All comparisons as one family (holm)",
        "Do effects differ between segments? (exploratory)",
        "Lifts given the prior",
        "Bounds of 'bounds'",
        "earnings: cuped, post-stratified by black",
        "never, 1, all units: no unit differs from another",
        "intervals and p-values: always-valid",
        "hopeless: no number of units finds an effect of 0",
    ],
)
def test_a_terminal_shows(shown: str, told: str) -> None:
    assert told in shown


def test_no_line_is_wider_than_the_terminal(shown: str) -> None:
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= COLUMNS
    effects = [line.split() for line in shown.splitlines() if line.lstrip().startswith("earnings  ")]
    assert effects[0][:5] == ["earnings", "1", "all", "+1,800", f"{MINUS}200"]


def test_a_narrow_terminal_does_not_squeeze_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    shown = analyze(DATA / "abn_star_k.yaml").stdout
    assert " regular+aide " in shown
    assert 80 < max(map(len, shown.splitlines())) <= COLUMNS


def test_coefficients_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    found = analyze(DATA / "cluster_petersen_two.yaml")
    assert [line.split()[:4] for line in found.stdout.splitlines() if line.startswith(" y ")] == [
        ["y", "intercept", "0.02968", "0.065064"], ["y", "x", "1.0348", "0.053558"],
    ]  # fmt: skip


def test_a_chart_is_a_picture(tmp_path: Path) -> None:
    assert analyze(DATA / "ab_nsw.yaml", "--chart", str(tmp_path / "c.png"), "--json").exit_code == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert analyze(DATA / "ab_nsw.yaml", "--chart", str(tmp_path / "c.svg")).exit_code == 0
    texts = [e.text for e in ElementTree.fromstring((tmp_path / "c.svg").read_text()).iter() if e.text]
    assert {"earnings", "earnings_pooled", "+39 %", "better"} <= set(texts)


@pytest.mark.parametrize(
    ("name", "chart", "told"),
    [
        ("ab_nsw.yaml", "c.pdf", "'.pdf' is not a kind of picture; write a file ending in .png or .svg"),
        ("ratio_city.yaml", "c.png", "there is no comparison with an interval to draw"),
        ("ab_nsw.yaml", "gone/c.png", "cannot be written (FileNotFoundError)"),
    ],
)
def test_a_chart_that_cannot_be_made_is_refused(tmp_path: Path, name: str, chart: str, told: str) -> None:
    found = analyze(DATA / name, "--chart", str(tmp_path / chart))
    assert isinstance(found.exception, InputError)
    assert told in str(found.exception)
