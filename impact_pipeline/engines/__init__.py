"""One SQL tree (sqlglot) in, Arrow out. Knows no metric and no study."""
