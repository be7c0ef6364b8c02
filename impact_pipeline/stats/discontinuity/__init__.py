"""Numbers at a cut-off: local polynomials on both sides, their bandwidths and errors, and the density of the score.

Written from the papers named in each module. What treatment and outcome mean is known to the estimator, not here.
"""
