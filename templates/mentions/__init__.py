"""Where a sentence says values: folding of characters, search, and the places of answered values."""
