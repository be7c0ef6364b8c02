"""Estimate x exposed population -> KPI and money. Sees no row of a unit."""
