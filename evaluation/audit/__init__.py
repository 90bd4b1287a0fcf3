"""Likely errors of gold, ranked: what a corpus itself says against single labels of it."""
