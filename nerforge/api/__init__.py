"""What the public names of ``nerforge`` do."""
