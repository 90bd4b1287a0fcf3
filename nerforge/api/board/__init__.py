"""``board``: fixed splits, rows of anybody's predictions, and the page of all."""
