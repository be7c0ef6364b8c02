"""Delta tables with atomic partition replace, staged files, fingerprints, result records. Knows no meaning of rows."""
