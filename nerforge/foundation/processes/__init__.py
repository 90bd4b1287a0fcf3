"""Child processes that end with this one, and what their output says of an error."""
