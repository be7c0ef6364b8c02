"""One check per file: may the estimates be believed? Returns findings; reads no data, no clock."""
