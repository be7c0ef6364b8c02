"""Scorecards as people read them: pages, charts, Markdown and terminal tables. Renders; computes no statistic."""
