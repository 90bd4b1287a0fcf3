"""Which answer belongs to which sample: by id, position, text or number."""
