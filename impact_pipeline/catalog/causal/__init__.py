"""Settings of causal designs, without any column: plans and `impact analyze` share them and say apart where rows are."""
