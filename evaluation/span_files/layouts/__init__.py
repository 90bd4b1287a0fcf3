"""Files of entities with offsets, by what a row looks like."""
