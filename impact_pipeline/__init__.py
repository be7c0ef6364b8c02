"""What each change of a machine-learning model did to the business and to its users, measured every night."""
