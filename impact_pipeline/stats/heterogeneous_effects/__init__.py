"""Effects by machine learning: averages from cross-fitted models, effects of single units, and how far to believe them.

Models are fitted on some folds and read on another, so that no unit is predicted by a model that saw its outcome.
Effects of single units are exploratory: `validation` says on held-out units whether they are more than noise.
"""
