"""Mend one answer: names are linked and put into chains; then mentions, other values and parents."""
