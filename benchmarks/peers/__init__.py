"""One runner per module; each answers the whole question and prints its effects and what the work cost."""
