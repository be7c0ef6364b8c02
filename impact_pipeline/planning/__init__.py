"""What a study will be able to tell, from the user's own past: power, units, days. Publishes nothing to the lake."""
