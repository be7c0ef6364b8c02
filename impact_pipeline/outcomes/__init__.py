"""What units did after exposure: fold, windows, cells. Knows no estimator."""
