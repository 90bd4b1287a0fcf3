"""Answers checked against tables: names are linked, parents are completed and mended, doubts are told."""

OF_DATA = "data"
"""In place of a name of tables: those that the data set was generated from."""
DEFAULT_THRESHOLD = 0.85
"""Similarity from which a name counts as a misspelling: one wrong character of seven."""
