from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from impact_pipeline.diagnostics.base import Evidence
from impact_pipeline.diagnostics.registry import DIAGNOSTICS, diagnostics
from impact_pipeline.diagnostics.study import diagnose
from impact_pipeline.errors import InputError
from impact_pipeline_tests.small_studies import START, cells, exposed, mean_metric, study

Install = Callable[[str], None]

BOTS = '''
from impact_pipeline.diagnostics.base import Finding


class BotTraffic:
    """More units in one day than the company has users."""

    name = "bot_traffic"
    designs = frozenset({"randomized"})

    def check(self, study, evidence):
        units = sum(evidence.cells.exposed(arm) for arm in study.arms)
        return Finding(self.name, units < 100, units, 100, f"{units} units were exposed.", "hold", {})
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with one entry point on the path, as an installer would."""

    def installed(source: str) -> None:
        about = tmp_path / "shop_checks-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-checks\nVersion: 1.0\n", encoding="utf-8")
        entry = "[impact_pipeline.diagnostics]\nbots = shop_checks:BotTraffic\n"
        (about / "entry_points.txt").write_text(entry, encoding="utf-8")
        (tmp_path / "shop_checks.py").write_text(dedent(source), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "shop_checks", raising=False)
        diagnostics.cache_clear()

    yield installed
    diagnostics.cache_clear()


def test_gates_stand_in_the_order_in_which_they_are_asked() -> None:
    names = [diagnostic.name for diagnostic in DIAGNOSTICS]
    assert names == [
        "data_completeness", "sample_ratio", "cluster_ratio", "mixed_exposure", "independent_assignment",
        "other_basis_ratio", "unassigned_exposure", "trigger_dilution", "carry_over", "telemetry_loss",
        "pre_period_balance", "novelty", "spillover", "aa_simulation",
    ]  # fmt: skip


def test_an_installed_package_adds_a_diagnostic(install: Install) -> None:
    install(BOTS)
    found = diagnose(study(mean_metric()), Evidence(cells(exposed("control", 50), exposed("treatment", 60)), START, {}))
    assert [finding.diagnostic for finding in found][:-1] == [diagnostic.name for diagnostic in DIAGNOSTICS]
    assert (found[-1].diagnostic, found[-1].passed) == ("bot_traffic", False)
    assert found[-1].sentence == "110 units were exposed."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("BotTraffic = 7", "is not a class"),
        ("import nowhere_to_be_found", "cannot be loaded (No module named 'nowhere_to_be_found'); mend or uninstall"),
        ("class Other: ...", "cannot be loaded (module 'shop_checks' has no attribute 'BotTraffic')"),
        ("class BotTraffic:\n    name = 'bots'", "does not define `designs`"),
        (BOTS.replace('frozenset({"randomized"})', '"randomized"'), "`designs` is not a frozenset"),
        (BOTS.replace('"""More units in one day than the company has users."""', ""), "has no docstring"),
        (BOTS.replace('"bot_traffic"', '"sample_ratio"'), "diagnostic 'sample_ratio' is already that of impact_pipe"),
    ],
)
def test_an_unsound_one_is_named(install: Install, source: str, message: str) -> None:
    install(source)
    with pytest.raises(InputError, match="diagnostic 'bots' of shop-checks \\(shop_checks:BotTraffic\\): ") as raised:
        diagnostics()
    assert message in str(raised.value)
