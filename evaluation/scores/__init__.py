"""Scores: made, written, read back, compared, and held to a limit."""
