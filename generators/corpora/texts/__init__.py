"""Texts normalised and split, with the offsets of their entities kept right."""
