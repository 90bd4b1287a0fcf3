"""Counts of a converted corpus, and their charts."""
