"""A training row: what the model is asked, in which shape, and about how long it is."""
