"""Tags of tokens: how they are written, what they say, and entities as tags."""
