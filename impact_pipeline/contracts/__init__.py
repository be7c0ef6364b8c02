"""Contracts applied: what a staged day must be before anyone may read it. Rows are set aside, never repaired.

A staged day is compared with its contract's columns (`drift`), typed (`typed`), judged rule by rule (`suite`, `gx`,
`compiled`), split (`quarantine`) and published (`publish`). Reports hold counts, never a value of a row.
"""
