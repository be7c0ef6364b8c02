"""What causal methods take: the small table that a design needs, as arrays with names."""
