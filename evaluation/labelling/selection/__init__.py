"""Which sentences to label next."""
