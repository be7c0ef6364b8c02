"""A review outdates the site and nothing else: the verdict that is doubted stays."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.stages.portfolio import make_impact, make_site
from impact_pipeline.stages.staleness import stale_portfolio
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.governance.reviewed import STUDY, reviewed_home, reviewer


def test_a_new_review_and_its_answer_each_outdate_the_site(tmp_path: Path) -> None:
    workspace = reviewed_home(tmp_path)
    catalog, lake = workspace.catalog, workspace.lake
    before = current_scorecard(lake, STUDY)
    make_impact(workspace)
    assert stale_portfolio(catalog, lake) is None
    said = reviewer(tmp_path).say("challenge", STUDY, "Bots *came*.")
    assert stale_portfolio(catalog, lake) is not None
    make_impact(workspace)
    site = make_site(workspace)
    assert (stale_portfolio(catalog, lake), site.facts["open_challenges"]) == (None, 1)
    assert "Bots \\*came\\*\\." in (site.markdown or "")
    assert "Bots *came*." in (tmp_path / "reports" / "studies" / f"{STUDY}.html").read_text()
    reviewer(tmp_path, "ada").answer(said, "They were taken out.")
    assert stale_portfolio(catalog, lake) is not None
    site = make_site(workspace)
    assert (site.facts["open_challenges"], site.markdown) == (0, None)
    assert current_scorecard(lake, STUDY) == before
