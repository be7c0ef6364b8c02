"""What leaves the project: places outside its home that keep something of it. Computes nothing."""
