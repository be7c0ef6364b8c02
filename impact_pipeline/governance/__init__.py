"""What protects people and decisions. Knows no estimator and no orchestration."""
