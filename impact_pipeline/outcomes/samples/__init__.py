"""The small table of a causal design: metrics of units by period, or in their windows, as whole numbers."""
