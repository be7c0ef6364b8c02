"""Numbers in, numbers out: moments, intervals, tests. Knows no study, metric or file."""
