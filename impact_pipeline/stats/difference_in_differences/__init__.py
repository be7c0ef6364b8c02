"""Numbers of difference-in-differences: fixed effects, average effects, event studies, and bounds where trends differ.

Regressions with unit and period effects are in `fixed_effects` and `panel_regression`; what may be asked of a panel in
`eligible`; how far trends may differ before an answer changes in `relative_magnitudes` and `smoothness`.
"""
