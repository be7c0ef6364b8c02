"""Checks of causal designs: what can be tested of what they assume. One module for each, listed in `registry`."""
