"""Files that tools write, one row an answer."""
