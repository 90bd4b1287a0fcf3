"""The layouts in which models name entities, each with a reader of its own."""
