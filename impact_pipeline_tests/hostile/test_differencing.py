"""Small cells cannot be had by differencing what is published: across segments, days and studies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from impact_pipeline_tests.hostile.attacker import Chosen, Published, range_of_total, range_of_units, readings
from impact_pipeline_tests.hostile.planted_cells import DAYS, FIRST, LEFT_OUT, atoms, published_looks, users

WIDTH = 0.5
"""Of the true number: a range as wide or wider does not tell it."""

CONTROL = (FIRST, "control")


def cell(device: str, *days: int) -> Chosen:
    return lambda atom: (
        CONTROL in atom.arms and ("device", device) in atom.values and atom.day in {DAYS[d] for d in days}
    )


PLANTED: dict[str, Chosen] = {
    "a rare value": cell("rare", 0),
    "a rare value that grew by few": cell("rare", 3),
    "few who joined a value": cell("ios", 1),
    "few who joined on a day": lambda atom: CONTROL in atom.arms and atom.day == DAYS[2],
    "few of a value who joined on a day": cell("web", 2),
    "few whom another study leaves out": lambda atom: ("country", LEFT_OUT) in atom.values,
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    return readings(published_looks(tmp_path_factory.mktemp("kept")))


@pytest.fixture(scope="module")
def open_(tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    home = tmp_path_factory.mktemp("open")
    return readings(published_looks(home, policy="minimum_group_size: 1\n"))


def truth(chosen: Chosen, of: Callable[[float], float]) -> float:
    return sum(of(user.spent) for user in users() if chosen(user.atom))


def spent(amount: float) -> float:
    return amount


def one(_: float) -> float:
    return 1.0


def test_much_is_told_all_the_same(told: list[Published]) -> None:
    assert len(told) >= 20


@pytest.mark.parametrize("name", PLANTED)
def test_no_planted_cell_is_recovered(told: list[Published], name: str) -> None:
    chosen = PLANTED[name]
    for found, true in (
        (range_of_total(atoms(), told, chosen), truth(chosen, spent)),
        (range_of_units(atoms(), told, chosen), truth(chosen, one)),
    ):
        assert found[0] - 1e-6 <= true <= found[1] + 1e-6
        assert found[1] - found[0] >= WIDTH * true


@pytest.mark.parametrize("name", PLANTED)
def test_with_the_rules_off_every_planted_cell_is_recovered(open_: list[Published], name: str) -> None:
    chosen = PLANTED[name]
    assert range_of_total(atoms(), open_, chosen) == pytest.approx([truth(chosen, spent)] * 2, abs=1e-4)
    assert range_of_units(atoms(), open_, chosen) == pytest.approx([truth(chosen, one)] * 2, abs=1e-4)
