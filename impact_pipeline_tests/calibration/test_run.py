"""Draws in processes: the same rows for any number of them; the table, its text and its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from impact_pipeline.calibration.page import calibration_body
from impact_pipeline.calibration.registry import MODULES, chosen, scenario_named, scenarios
from impact_pipeline.calibration.run import Calibration, calibrate
from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.calibration.terminal import HEADS, as_plain, cells, show
from impact_pipeline.errors import InputError
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

DESIGN = "instrumental_variables"


def run(workers: int) -> Calibration:
    return calibrate(chosen(DESIGN)[:2], full=False, seed=3, workers=workers, tell=lambda line: None, draws=3)


@pytest.fixture(scope="module")
def found() -> Calibration:
    return run(2)


def test_rows_do_not_depend_on_the_number_of_processes(found: Calibration) -> None:
    assert run(1).rows == found.rows


def test_every_scenario_has_a_name_of_its_own_and_says_what_it_expects() -> None:
    names = [one.name for one in scenarios()]
    assert sorted(set(names)) == sorted(names)
    assert all(one.expects for one in scenarios() if one.broken)
    assert all(scenario_named(one.name) is one for one in scenarios())


def test_every_module_of_scenarios_is_registered() -> None:
    folder = Path(__file__).parents[2] / "impact_pipeline" / "calibration" / "scenarios"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(MODULES)


def test_every_design_has_an_effect_no_effect_and_a_broken_assumption() -> None:
    for design in {one.design.type for one in scenarios()}:
        own = [one for one in scenarios() if one.design.type == design]
        assert any(one.holds for one in own)
        assert any(one.broken for one in own)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_equal_seeds_draw_equal_samples(scenario: Scenario) -> None:
    one, again, other = (scenario.draw(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(outcomes(one), outcomes(again), equal_nan=True)
    assert one.truth == again.truth
    assert not np.array_equal(outcomes(one), outcomes(other), equal_nan=True)


def outcomes(drawn: Drawn) -> NDArray[np.float64]:
    sample = drawn.sample
    return sample.reward if isinstance(sample, LoggedDecisions) else sample.outcome


def test_an_unknown_design_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="no scenario has a design of type 'horoscope'; types are"):
        chosen("horoscope")


def test_progress_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    calibrate(chosen(DESIGN)[:1], full=False, seed=3, workers=1, tell=told.append, draws=2)
    assert told[-1].startswith("1 of 1 scenarios")


def test_a_row_has_a_cell_for_each_head(found: Calibration, capsys: pytest.CaptureFixture[str]) -> None:
    assert all(len(cells(row)) == len(HEADS) for row in found.rows)
    show(found)
    assert "instrumental variables" in capsys.readouterr().out
    assert [row["scenario"] for row in as_plain(found)["rows"]] == [row.scenario for row in found.rows]


def test_the_page_names_what_is_off_and_draws_coverage(found: Calibration) -> None:
    off = replace(found, rows=(replace(found.rows[0], judgement="off", told="covers too little"), *found.rows[1:]))
    page = calibration_body(off)
    assert "covers too little" in page
    assert "<svg" in page
    assert "Beyond chance" not in calibration_body(
        replace(found, rows=(replace(found.rows[0], judgement="as promised"),))
    )
