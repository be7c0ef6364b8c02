"""Settings of causal designs, without columns: plans and `impact analyze` share them and say apart where rows lie."""
