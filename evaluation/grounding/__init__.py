"""Answers checked against tables: names are linked, parents are completed and mended, doubts are told."""
