"""The first sufficient cause of each error, and what F1 would be without it."""
