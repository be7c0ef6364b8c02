"""Rows in: one day of a dataset, streamed from a database or from files. Knows types, no meaning of columns."""
