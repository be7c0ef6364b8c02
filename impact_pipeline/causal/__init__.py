"""What the methods of causal designs share: the question, the effects that answer it, and exhibits for pictures.

Methods themselves are in `estimators.causal`, checks in `diagnostics.causal`, refuters in `sensitivity`, their numbers
in `stats`; `assessment` brings them together.
"""
