"""One design on one file, with the estimators of the pipeline and without its stages: what `impact analyze` does."""
