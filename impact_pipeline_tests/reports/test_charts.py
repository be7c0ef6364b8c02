"""Charts are real pictures: they parse, hold a point for each estimate, repeat bit for bit and carry no live part."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from impact_pipeline.decisions.base import Decision
from impact_pipeline.reports.charts import GROUPS, forest, money_overview, portfolio, segments
from impact_pipeline.reports.figure import Figure
from impact_pipeline.reports.formatting import Shown
from impact_pipeline.reports.interval_chart import MOST_ROWS, IntervalRow, _scale, interval_figure
from impact_pipeline.reports.look import ROLES
from impact_pipeline.reports.trajectory_chart import trajectory
from impact_pipeline_tests.reports.examples import HOSTILE, estimate, look, scorecard, with_results
from impact_pipeline_tests.reports.markup import Markup

POINTS = "mark-symbol role-mark"


def _points(figure: Figure) -> int:
    """Symbols that stand for data; those of the legend have a role of their own."""
    groups = (g for g in ElementTree.fromstring(figure.svg()).iter("g") if POINTS in g.get("class", ""))
    return sum(len(group.findall("path")) for group in groups)


def _drawn(figure: Figure | None) -> Figure:
    assert figure is not None
    return figure


@pytest.mark.parametrize(
    ("draw", "points"),
    [
        (lambda: forest(look()), 2),
        (lambda: segments(look()), 2),
        (lambda: trajectory(look()), 14),
        (lambda: portfolio([look()]), 1),
        (lambda: money_overview([look()]), 1),
    ],
    ids=["forest", "segments", "trajectory", "portfolio", "money"],
)
def test_a_chart_has_a_point_for_each_estimate(draw: Callable[[], Figure | None], points: int) -> None:
    figure = _drawn(draw())
    assert (figure.points, _points(figure)) == (points, points)


def test_every_role_has_its_group_in_the_forest() -> None:
    assert tuple(GROUPS) == ROLES


def test_svg_stands_alone_in_a_page() -> None:
    svg = str(_drawn(trajectory(look())).svg())
    assert "http" not in svg
    assert 'id="clip' not in svg
    assert 'id="trajectory-0"' in svg
    assert "url(#trajectory-0)" in svg
    assert svg.startswith('<svg role="img" aria-label="Effect with its interval at each look: Orders per user"')


def test_png_is_an_image_of_twice_the_size() -> None:
    figure = _drawn(forest(look()))
    image = figure.png()
    width, height = struct.unpack(">II", image[16:24])
    drawn = ElementTree.fromstring(figure.svg())
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert (width, height) == (2 * int(drawn.attrib["width"]), 2 * int(drawn.attrib["height"]))


def test_drawing_twice_gives_equal_bytes() -> None:
    first, second = _drawn(forest(look())), _drawn(forest(look()))
    assert first.spec == second.spec
    assert first.svg() == second.svg()
    assert first.png() == second.png()


def test_charts_fit_a_page_of_720_pixels() -> None:
    for figure in (forest(look()), trajectory(look()), money_overview([look()])):
        assert int(ElementTree.fromstring(_drawn(figure).svg()).attrib["width"]) <= 720


def test_values_of_data_are_text_in_a_chart() -> None:
    figure = _drawn(segments(look(scorecard(segment_values=HOSTILE))))
    svg = figure.svg()
    read = Markup(svg)
    assert read.live() == []
    assert "<script>alert(1)</script>" in read.text
    assert "49" not in read.text
    assert _points(figure) == len(HOSTILE)


def test_nothing_to_draw_gives_no_figure() -> None:
    empty = look(with_results(scorecard()))
    bare = replace(empty, card=replace(empty.card, impacts=()))
    assert [forest(empty), segments(empty), portfolio([empty]), money_overview([bare])] == [None] * 4


def test_an_invalid_study_is_in_no_overview() -> None:
    invalid = look(scorecard(decision=Decision.INVALID))
    assert portfolio([invalid]) is None
    assert money_overview([invalid]) is None


def test_one_look_is_no_trajectory() -> None:
    card = scorecard()
    single = replace(card, estimates=replace(card.estimates, trajectory=card.estimates.trajectory[:1]))
    assert trajectory(look(single)) is None


def test_an_estimate_without_relative_effect_is_not_in_the_forest() -> None:
    absolute = replace(estimate("orders_per_user@1", (1.2, 1.3), (0.05, 0.15)), relative=None)
    assert forest(look(with_results(scorecard(), absolute))) is None


def test_rows_beyond_the_most_are_left_out() -> None:
    many = [_row(str(place), 0.0, 1.0) for place in range(MOST_ROWS + 5)]
    assert _drawn(interval_figure("many", "Many", many, "change", "~%")).points == MOST_ROWS


def test_one_wild_interval_does_not_flatten_the_rest() -> None:
    rows = [_row("a", 0.0, 0.2), _row("b", 0.05, 0.15), _row("wild", -50.0, 50.0)]
    low, high = _scale(rows).to_dict()["domain"]
    assert (round(low, 3), round(high, 3)) == (-0.864, 0.864)


def _row(label: str, lower: float, upper: float) -> IntervalRow:
    return IntervalRow("", label, (lower + upper) / 2, lower, upper, Shown("x", "y", "95 %"), "unclear")
