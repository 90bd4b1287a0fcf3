"""What a corpus file says, before any entity is placed."""
