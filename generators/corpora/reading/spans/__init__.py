"""JSON of sentences with spans: where its parts stand, and the forms in which programs write entities."""
