"""What a policy would have earned, from the log of another: weights, reward models, values and their intervals."""
