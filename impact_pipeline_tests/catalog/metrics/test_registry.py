"""Metric types of other packages: found by their entry points, refused by name where they do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.catalog.metrics.registry import METRIC_TYPES, metric_types, type_name
from impact_pipeline.errors import InputError
from impact_pipeline_tests.catalog.metrics.added_types import forget_types, install
from impact_pipeline_tests.catalog.metrics.examples import HEAD
from impact_pipeline_tests.catalog.mini import write_mini


@pytest.fixture(autouse=True)
def _own_types() -> Iterator[None]:
    forget_types()
    yield
    forget_types()


def test_bundled_types_have_names_of_their_own() -> None:
    names = [type_name(kind) for kind in METRIC_TYPES]
    assert len(set(names)) == len(names) == 11
    assert metric_types() == METRIC_TYPES


def test_a_type_of_another_package_is_read_like_a_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch, busy_days="busy_days_metric:BusyDaysMetric")
    body = "type: busy_days\nwindow: {days: 7}\nactive: {fact: orders}\nleast: 2\n"
    catalog = read_catalog(write_mini(tmp_path / "c", ("metrics/some.yaml", "", HEAD.format(name="some") + body)))
    assert [reading.form for reading in catalog.metrics["some"].readings()] == ["mean"]
    assert type_name(metric_types()[-1]) == "busy_days"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("busy_days_metric:Again", "type 'mean' is already that of impact_pipeline.catalog.metrics.mean.MeanMetric"),
        ("busy_days_metric:NotAMetric", "is not a subclass of impact_pipeline.catalog.metrics.base.Metric"),
        ("busy_days_metric:answer", "is not a subclass of impact_pipeline.catalog.metrics.base.Metric"),
        ("busy_days_metric:Nameless", "names no type; write `type: Literal['its_name']`"),
        ("busy_days_metric:Empty", "does not define `readings`"),
        ("busy_days_metric:Wordless", "does not define `formula_in_words`"),
        ("busy_days_metric:Undocumented", "has no docstring; its first sentence says what the metric is"),
        ("busy_days_metric:Missing", "cannot be loaded (module 'busy_days_metric' has no attribute 'Missing')"),
        ("no_such_module:Metric", "cannot be loaded (No module named 'no_such_module')"),
    ],
)
def test_a_type_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, told: str
) -> None:
    install(tmp_path, monkeypatch, odd=target)
    with pytest.raises(InputError) as raised:
        metric_types()
    assert str(raised.value).startswith(f"metric type 'odd' of added-metrics ({target}): {told}")


def test_two_packages_cannot_add_one_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, first="busy_days_metric:BusyDaysMetric", second="busy_days_metric:BusyDaysMetric")
    with pytest.raises(InputError, match=r"metric type 'second' .*: type 'busy_days' is already that of busy_days_me"):
        metric_types()
