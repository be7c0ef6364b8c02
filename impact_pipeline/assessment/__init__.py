"""One causal design on one sample: checks before the fit, effects, checks and refuters after it, grade, next design."""
