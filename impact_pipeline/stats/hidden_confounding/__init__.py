"""How strong a hidden confounder would have to be: partial R2, E-values, Rosenbaum's bounds, Oster's delta.

Numbers in, numbers out; what a finding makes of them is in `sensitivity`.
"""
