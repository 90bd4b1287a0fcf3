"""Text files, a line or an element at a time."""
