"""Which files are a day's, and which are refused before they are opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.source import FileDataset
from impact_pipeline.errors import SourceError
from impact_pipeline.sources.day_files import files_of_day
from impact_pipeline_tests.sources.orders import DAY

ORIGIN = "source 'shop'"


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("rows")


def _found(root: Path, path: str) -> list[str]:
    dataset = FileDataset(format="csv", path=path, day_column=None if "{day}" in path else "placed_at")
    return [str(file.relative_to(root)) for file in files_of_day(root, dataset, DAY, ORIGIN)]


def test_files_of_a_folder_come_in_order_of_name(tmp_path: Path) -> None:
    _write(tmp_path, *(f"orders/2026-03-05/{name}" for name in ("b.csv", "a.csv", ".c.csv", "_SUCCESS", "d.txt")))
    _write(tmp_path, "orders/2026-03-06/a.csv")
    expected = ["orders/2026-03-05/a.csv", "orders/2026-03-05/b.csv"]
    assert _found(tmp_path, "orders/{day}/*.csv") == expected
    assert _found(tmp_path, "orders/{day}") == expected
    assert _found(tmp_path, "orders/{day}/") == expected


def test_a_file_per_day_and_a_file_of_all_days(tmp_path: Path) -> None:
    _write(tmp_path, "orders-2026-03-05.csv", "orders-2026-03-06.csv", "all.csv")
    assert _found(tmp_path, "orders-{day}.csv") == ["orders-2026-03-05.csv"]
    assert _found(tmp_path, "all.csv") == ["all.csv"]


def test_a_day_without_a_file_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, "orders/2026-03-06/a.csv", "orders/2026-03-05/_SUCCESS")
    with pytest.raises(SourceError) as error:
        _found(tmp_path, "orders/{day}/*.csv")
    assert str(error.value) == (
        "source 'shop' delivers nothing for 2026-03-05: no file matches orders/2026-03-05/*.csv; "
        "deliver it, then run it again"
    )


def test_an_empty_file_is_refused_by_name(tmp_path: Path) -> None:
    _write(tmp_path, "a/2026-03-05.csv")
    (tmp_path / "a/2026-03-05.csv").write_bytes(b"")
    with pytest.raises(SourceError, match=r"^source 'shop': a/2026-03-05.csv is empty \(0 bytes\); deliver it again$"):
        _found(tmp_path, "a/{day}.csv")


@pytest.mark.parametrize("folder", [False, True])
def test_a_link_that_leaves_the_root_is_refused(tmp_path: Path, folder: bool) -> None:
    _write(tmp_path, "outside/2026-03-05.csv", "root/2026-03-04.csv")
    link, target = ("root/days", "outside") if folder else ("root/2026-03-05.csv", "outside/2026-03-05.csv")
    (tmp_path / link).symlink_to(tmp_path / target)
    with pytest.raises(SourceError, match=r"is a link that leaves the source's root; put the file itself there$"):
        _found(tmp_path / "root", "days/{day}.csv" if folder else "{day}.csv")


def test_a_link_inside_the_root_and_a_root_that_is_a_link_are_fine(tmp_path: Path) -> None:
    _write(tmp_path, "disk/v1.csv")
    (tmp_path / "disk/2026-03-05.csv").symlink_to("v1.csv")
    (tmp_path / "root").symlink_to(tmp_path / "disk")
    assert _found(tmp_path / "root", "{day}.csv") == ["2026-03-05.csv"]


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "2026-03-05.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match=r"^source 'shop': 2026-03-05.csv is not a readable file; deliver it again$"):
        _found(tmp_path, "{day}*.csv")
