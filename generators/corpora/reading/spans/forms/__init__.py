"""The forms of an entity in JSON."""
