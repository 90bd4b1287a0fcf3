"""What the layouts of spaCy share."""
