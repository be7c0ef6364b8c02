"""Units that chose their treatment, made comparable by what was known of them: scores, weights, matches, their errors.

Every estimator of potential-outcome means comes with each unit's influence on it, estimated models included, so that
differences between estimators have errors of their own.
"""
