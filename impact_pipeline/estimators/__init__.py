"""One method per file: from cells to an estimate, or to the reason why there is none. Reads no data, no clock."""
