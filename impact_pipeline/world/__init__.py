"""A synthetic shop with planted truths, written as source tables that the sources read like anyone's data.

Nothing of the pipeline reads from here but the demo and the tests.
"""
