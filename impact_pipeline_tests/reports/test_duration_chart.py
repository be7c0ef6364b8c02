from __future__ import annotations

from impact_pipeline.reports.duration_chart import DurationSeries, duration_figure

ORDERS = DurationSeries("Orders", ((1, 0.08), (8, 0.03)))
TICKETS = DurationSeries("Tickets\u202e", ((1, 0.2), (8, 0.1)))


def test_a_chart_says_what_its_lines_end_with() -> None:
    figure = duration_figure("ranker: least effect", [ORDERS, TICKETS])
    assert figure is not None
    assert figure.description == "ranker: least effect: Orders 3 % after 8 weeks; Tickets 10 % after 8 weeks"
    assert figure.points == 4
    drawn = figure.svg()
    assert "weeks of enrolment" in drawn
    assert "Tickets" in drawn
    assert "\u202e" not in drawn


def test_lines_are_told_apart_without_colour() -> None:
    figure = duration_figure("least effect", [ORDERS, TICKETS])
    assert figure is not None
    assert figure.svg().count("stroke-dasharray") > 0


def test_a_metric_without_points_has_no_line_and_none_at_all_no_chart() -> None:
    empty = DurationSeries("Clicks", ())
    figure = duration_figure("least effect", [ORDERS, empty])
    assert figure is not None
    assert "Clicks" not in figure.description
    assert duration_figure("least effect", [empty]) is None
