"""Which row goes to which split, and which are duplicates."""
