"""How far our own estimators can be trusted: each is run on samples with planted truths and told by what came of it."""
