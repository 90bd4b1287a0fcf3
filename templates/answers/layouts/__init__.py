"""Readers of answers, one for each layout."""
