"""Causal methods beside the best library for the same job, in one run."""
