"""How far an assumption may be off before the answer changes: one module for each refuter, listed in `registry`."""
