"""One series over time: interrupted regression, and state space models whose hyperparameters are integrated out."""
