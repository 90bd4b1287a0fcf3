"""The page of a board, and the comparisons on it."""
