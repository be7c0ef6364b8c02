"""Estimators of causal designs: one module for each method, listed in `registry`; their numbers are made in `stats`."""
