"""Where the entities of a row stand in its text."""
