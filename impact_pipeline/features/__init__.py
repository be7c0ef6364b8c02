"""Covariates and segments: what was known about a unit before its exposure. Refuses anything after that."""
