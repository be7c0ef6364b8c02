"""Instrumental variables for one treatment: two-stage least squares and LIML, strength, validity, Anderson-Rubin sets.

Covariates are partialled out first, so that everything else is about an outcome, a treatment and orthonormal
instruments; no study, no document.
"""
